/* SPDX-License-Identifier: MIT */
/* A cmpxchg that would store a writable mapping of a table: a fault if it matched, none if not. */
#include "store.h"

TEST("store_cmpxchg_bad",
     "cmpxchg of a forbidden entry faults and leaves rax, flags and entry alone")
{
    uint64_t entry = store_entry(), bad = entry_to(pinned_table(1), PROT_RW);
    uint64_t rax = entry, rflags = 0;
    volatile uint64_t *pte = store_target(entry);
    struct fault f;

    f = TRY_ASM("lock cmpxchgq %3, (%2); pushf; pop %1",
                : "+a"(rax), "=&r"(rflags)
                : "r"(pte), "r"(bad)
                : "memory");
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
    CHECK_EQ(f.regs.rax, entry);
    CHECK_EQ(*pte, entry);
}
