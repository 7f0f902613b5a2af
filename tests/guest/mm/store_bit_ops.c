/* SPDX-License-Identifier: MIT */
/* lock bts, btr and btc: by constant, and by a register that reaches beyond the operand's bits. */
#include "store.h"

TEST("store_bit_ops", "lock bts, btr, btc on an L1 entry are emulated, old bit in CF")
{
    uint64_t entry = store_entry();
    volatile uint64_t *pte = store_target(entry);
    uint8_t carry;

    CHECK_NO_FAULT(TRY_ASM("lock btrq $1, (%1); setc %0", : "=&q"(carry) : "r"(pte) : "memory"));
    CHECK_EQ(carry, 1);
    CHECK_EQ(*pte, entry & ~PTE_RW);
    CHECK_NO_FAULT(TRY_ASM("lock btsq $9, (%1); setc %0", : "=&q"(carry) : "r"(pte) : "memory"));
    CHECK_EQ(carry, 0);
    CHECK_EQ(*pte, (entry & ~PTE_RW) | 0x200);
    CHECK_NO_FAULT(TRY_ASM("lock btcq %2, (%1); setc %0",
                           : "=&q"(carry)
                           : "r"(pte), "r"(63ul)
                           : "memory"));
    CHECK_EQ(carry, 0);
    CHECK_EQ(*pte, (entry & ~PTE_RW) | 0x200 | PTE_NX);
    CHECK_NO_FAULT(TRY_ASM("lock btrl $6, (%1); setc %0", : "=&q"(carry) : "r"(pte) : "memory"));
    CHECK_EQ(carry, 1);
    CHECK_EQ(*pte, (entry & ~(PTE_RW | PTE_D)) | 0x200 | PTE_NX);
    /* Bit 64 + 1 of the entry before is bit 1 of this one. */
    CHECK_NO_FAULT(TRY_ASM("lock btsq %2, (%1); setc %0",
                           : "=&q"(carry)
                           : "r"(pte - 1), "r"(65ul)
                           : "memory"));
    CHECK_EQ(carry, 0);
    CHECK_EQ(*pte, (entry & ~PTE_D) | 0x200 | PTE_NX);
}
