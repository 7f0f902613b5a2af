/* SPDX-License-Identifier: MIT */
/* Setting just the RW bit, or just the present bit, must be checked like a whole new entry. */
#include "store.h"

TEST("store_bit_op_makes_bad_entry",
     "a bit or byte that turns an entry bad faults and is not stored")
{
    uint64_t *table = pinned_table(1), ro = entry_to(table, PROT_RO | PTE_G);
    volatile uint64_t *pte = store_target(ro);

    CHECK_FAULT(TRY_ASM("lock btsq $1, (%0)", : : "r"(pte) : "memory"), TRAP_PF);
    CHECK_EQ(*pte, ro);
    CHECK_FAULT(TRY_ASM("lock orb $2, (%0)", : : "r"(pte) : "memory"), TRAP_PF);
    CHECK_EQ(*pte, ro);
    CHECK_FAULT(TRY_ASM("movb %1, (%0)",
                        :
                        : "r"(pte), "q"((uint8_t)(ro | PTE_RW))
                        : "memory"),
                TRAP_PF);
    CHECK_EQ(*pte, ro);
    /* Not present, it may say RW; then it must not become present. */
    CHECK_NO_FAULT(TRY_ASM("movb %1, (%0)", : : "r"(pte), "q"((uint8_t)PTE_RW) : "memory"));
    CHECK_FAULT(TRY_ASM("lock btsq $0, (%0)", : : "r"(pte) : "memory"), TRAP_PF);
    CHECK_EQ(*pte & PTE_P, 0);
}
