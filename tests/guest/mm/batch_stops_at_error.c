/* SPDX-License-Identifier: MIT */
/*
 * A batch of updates with a bad one in the middle: those before are done, it and those behind are
 * not, the count of those done is stored, and the result is the error.
 */
#include "tables.h"

TEST("batch_stops_at_error", "mmu_update stops at the bad entry and reports how many were done")
{
    uint64_t *page = page_alloc(), *table = pinned_table(2), *l1 = pinned_table(1);
    mmu_update_t reqs[7];
    unsigned int done = 77;

    for (unsigned int i = 0; i < 7; i++) {
        reqs[i].ptr = entry_of(l1, i);
        reqs[i].val = entry_to(i == 4 ? table : page, PROT_RW);
    }
    CHECK_RC(hypercall_mmu_update(reqs, 7, &done, DOMID_SELF), -XEN_EBUSY);
    CHECK_EQ(done, 4);
    for (unsigned int i = 0; i < 7; i++)
        CHECK_EQ(pte_mfn(l1[i]), i < 4 ? mfn_of(page) : 0);

    /* Nobody has to be told. */
    CHECK_RC(hypercall_mmu_update(reqs, 7, NULL, DOMID_SELF), -XEN_EBUSY);
    CHECK_RC(hypercall_mmu_update(reqs, 3, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 3);
}
