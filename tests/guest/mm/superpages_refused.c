/* SPDX-License-Identifier: MIT */
/* Entries with the page-size bit in L2, L3 and L4, over the guest's own aligned memory: refused. */
#include "tables.h"

TEST("superpages_refused", "an L2, L3 or L4 entry with PSE is EINVAL")
{
    uint64_t *page = page_alloc();

    for (int level = 2; level <= 4; level++) {
        uint64_t *table = pinned_table(level);
        unsigned long mfn = mfn_of(page) & ~0x1fful;

        CHECK_RC(pt_write(entry_of(table, 0), pte_make(mfn, PROT_RW | PTE_PSE)), -XEN_EINVAL);
        CHECK_RC(pt_write(entry_of(table, 0), pte_make(mfn, PROT_RO | PTE_PSE)), -XEN_EINVAL);
        CHECK_EQ(table[0], 0);
    }
}
