/* SPDX-License-Identifier: MIT */
/* A table may hang below two others; it is one until the last of them lets it go. */
#include "tables.h"

TEST("l1_shared_by_two_l2s", "a table linked twice stays a table until both links are gone")
{
    for (int level = 2; level <= 4; level++) {
        uint64_t *lower = pt_page_alloc(), *a = pinned_table(level), *b = pinned_table(level);

        CHECK_RC(pt_write(entry_of(a, 0), entry_to(lower, PROT_TABLE)), 0);
        CHECK_RC(pt_write(entry_of(b, 9), entry_to(lower, PROT_TABLE)), 0);
        CHECK_RC(pt_write(entry_of(b, 10), entry_to(lower, PROT_TABLE)), 0);
        CHECK_RC(pt_write(entry_of(a, 0), 0), 0);
        CHECK_RC(pt_write(entry_of(b, 9), 0), 0);
        CHECK_RC(page_set_rw(lower), -XEN_EBUSY);
        CHECK_RC(unpin(b), 0);
        CHECK_RC(page_set_rw(lower), 0);
    }
}
