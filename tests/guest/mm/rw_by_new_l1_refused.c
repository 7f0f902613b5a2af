/* SPDX-License-Identifier: MIT */
/*
 * A new L1 table that holds a writable entry for a pinned table becomes no table: neither by
 * pinning nor by being linked into an L2. With the entry read-only it does.
 */
#include "tables.h"

TEST("rw_by_new_l1_refused", "an L1 with a writable mapping of a pinned table is no valid L1")
{
    uint64_t *l2 = pinned_table(2);

    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level);
        uint64_t *bad = page_with(7, entry_to(table, PROT_RW));
        uint64_t *good = page_with(7, entry_to(table, PROT_RO));

        CHECK_RC(pin(bad, 1), -XEN_EBUSY);
        CHECK_RC(pt_write(entry_of(l2, 3), entry_to(bad, PROT_TABLE)), -XEN_EBUSY);
        CHECK_EQ(l2[3], 0);
        /* It did not become a table, so it may be writable. */
        CHECK_RC(page_set_rw(bad), 0);
        CHECK_RC(pt_write(entry_of(l2, 3), entry_to(good, PROT_TABLE)), 0);
        CHECK_RC(pt_write(entry_of(l2, 3), 0), 0);
    }
}
