/* SPDX-License-Identifier: MIT */
/*
 * A frame is given back while it is a pinned table: it must not become somebody else's before the
 * table is gone, so it can still be used as what it is.
 */
#include "tables.h"

TEST("pinned_frame_given_back", "decrease_reservation of a pinned table's frame leaves it a table")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level);
        unsigned long mfn = mfn_of(table);

        CHECK_RC(frame_free(mfn), 1);
        CHECK_RC(pt_write((uint64_t)mfn << PAGE_SHIFT, 0), 0);
        CHECK_RC(remap(table, pte_make(mfn, PROT_RW)), -XEN_EBUSY);
        CHECK_RC(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
        CHECK_RC(remap(table, pte_make(mfn, PROT_RW)), 0);
        CHECK_RC(remap(table, 0), 0);
        CHECK_RC(remap(table, pte_make(mfn, PROT_RW)), -XEN_EBUSY);
    }
}
