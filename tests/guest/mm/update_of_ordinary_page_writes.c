/* SPDX-License-Identifier: MIT */
/*
 * mmu_update of a page that is no table is a plain store, mapped writable or not: that is how
 * kernels that do not care write tables they have not pinned yet. What it writes is not checked.
 */
#include "tables.h"

TEST("update_of_ordinary_page_writes", "mmu_update stores any value into a page that is no table")
{
    uint64_t *rw = page_alloc(), *ro = pt_page_alloc();

    CHECK_RC(pt_write(entry_of(rw, 3), PATTERN | 1), 0);
    CHECK_EQ(rw[3], PATTERN | 1);
    CHECK_RC(pt_write(entry_of(ro, 4), PATTERN | 1), 0);
    CHECK_EQ(ro[4], PATTERN | 1);
    /* It left no writable type behind. */
    CHECK_RC(pt_write(entry_of(ro, 4), 0), 0);
    CHECK_RC(pin(ro, 1), 0);
}
