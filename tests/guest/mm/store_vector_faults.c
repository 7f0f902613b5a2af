/* SPDX-License-Identifier: MIT */
/* Vector stores and 16-byte operations are not emulated: the guest gets its page fault. [EMU-7] */
#include "store.h"

TEST("store_vector_faults", "SSE stores and cmpxchg16b to an L1 entry fault")
{
    uint64_t entry = store_entry(), rax = entry, rdx = 0;
    volatile uint64_t *pte = store_target(entry);
    unsigned long pair = (unsigned long)pte & ~15ul;

    CHECK_FAULT(TRY_ASM("movq %%xmm0, (%0)", : : "r"(pte) : "memory"), TRAP_PF);
    CHECK_FAULT(TRY_ASM("movups %%xmm0, (%0)", : : "r"(pair) : "memory"), TRAP_PF);
    CHECK_FAULT(TRY_ASM("lock cmpxchg16b (%2)",
                        : "+a"(rax), "+d"(rdx)
                        : "r"(pair), "b"(0), "c"(0)
                        : "memory"),
                TRAP_PF);
    CHECK_EQ(*pte, entry);
}
