/* SPDX-License-Identifier: MIT */
/* Stores that touch two entries, or an entry at an odd place, are not emulated: they fault. */
#include "store.h"

TEST("store_misaligned", "misaligned stores to an L1 fault and change nothing")
{
    uint64_t entry = store_entry();
    volatile uint64_t *pte = store_target(entry);
    char *p = (char *)pte;
    struct fault f;

    for (int shift = 1; shift < 8; shift++) {
        f = TRY_ASM("movq %1, (%0)", : : "r"(p + shift), "r"(0ul) : "memory");
        CHECK_FAULT(f, TRAP_PF);
        CHECK_EQ(f.cr2, p + shift);
    }
    CHECK_FAULT(TRY_ASM("movl %1, (%0)", : : "r"(p + 2), "r"(0) : "memory"), TRAP_PF);
    CHECK_FAULT(TRY_ASM("movl %1, (%0)", : : "r"(p + 1), "r"(0) : "memory"), TRAP_PF);
    CHECK_FAULT(TRY_ASM("movw %1, (%0)", : : "r"(p + 3), "r"((uint16_t)0) : "memory"), TRAP_PF);
    CHECK_FAULT(TRY_ASM("lock orq %1, (%0)", : : "r"(p - 4), "r"(1ul) : "memory"), TRAP_PF);
    CHECK_EQ(*pte, entry);
}
