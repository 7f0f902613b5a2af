/* SPDX-License-Identifier: MIT */
/* The forms of addresses a compiler makes: displacement, scaled index, r8 to r15, rip-relative. */
#include "store.h"

TEST("store_addressing", "stores with base, index, scale and displacement hit the right entry")
{
    uint64_t entry = store_entry();
    volatile uint64_t *pte = store_target(0);
    char *p = (char *)pte;

    CHECK_NO_FAULT(TRY_ASM("mov %0, %%r9; mov %1, %%r13; mov $0x1fffffc0, %%r12d\n\t"
                           "movq %%r9, (%%r13,%%r12,4)",
                           :
                           : "r"(entry), "r"(p - 0x7fffff00)
                           : "memory", "r9", "r12", "r13"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("movq %0, 0x7fffff00(%1)",
                           :
                           : "r"(0ul), "r"(p - 0x7fffff00)
                           : "memory"));
    CHECK_EQ(*pte, 0);
    CHECK_NO_FAULT(TRY_ASM("movq %0, -0x40(%1)", : : "r"(entry), "r"(p + 0x40) : "memory"));
    CHECK_EQ(*pte, entry);
    CHECK_NO_FAULT(TRY_ASM("mov %0, %%r12; movq $0, (%%r12)", : : "r"(p) : "memory", "r12"));
    CHECK_EQ(*pte, 0);
    CHECK_NO_FAULT(TRY_ASM("mov %0, %%rbx; mov $-1, %%rsi; movq %1, 8(%%rbx,%%rsi,8)",
                           :
                           : "r"(p), "r"(entry)
                           : "memory", "rbx", "rsi"));
    CHECK_EQ(*pte, entry);
}
