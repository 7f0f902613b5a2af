/* SPDX-License-Identifier: MIT */
/* lock and, or, xor, add, sub and dec on an entry: what kernels change flag bits by. [EMU-6] */
#include "store.h"

TEST("store_logic", "locked and, or, xor, add, sub, dec on an L1 entry are emulated")
{
    uint64_t entry = store_entry();
    volatile uint64_t *pte = store_target(entry);

    CHECK_NO_FAULT(TRY_ASM("lock orq %1, (%0)", : : "r"(pte), "r"(0x200ul) : "memory"));
    CHECK_EQ(*pte, entry | 0x200);
    CHECK_NO_FAULT(TRY_ASM("lock andq %1, (%0)", : : "r"(pte), "r"(~0x200ul) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("lock xorq %1, (%0)", : : "r"(pte), "r"(PTE_NX) : "memory"));
    CHECK_EQ(*pte, entry ^ PTE_NX);
    CHECK_NO_FAULT(TRY_ASM("lock xorb $0x80, 7(%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("orb $0x4, 1(%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry | 0x400);
    CHECK_NO_FAULT(TRY_ASM("andl $0xfffffbff, (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("lock addq %1, (%0)", : : "r"(pte), "r"(0x200ul) : "memory"));
    CHECK_EQ(*pte, entry + 0x200);
    CHECK_NO_FAULT(TRY_ASM("lock subq %1, (%0)", : : "r"(pte), "r"(0x200ul) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("lock decq (%0)", : : "r"(pte) : "memory"));
    CHECK_EQ(*pte, entry - 1);
}
