/* SPDX-License-Identifier: MIT */
/* Unpinning what is not pinned takes no reference away: ordinary page, linked table, nonsense. */
#include "tables.h"

TEST("unpin_of_unpinned_refused", "unpin of a frame that is not pinned is EINVAL")
{
    uint64_t *tables[5], *page = page_alloc();

    CHECK_RC(unpin(page), -XEN_EINVAL);
    CHECK_NO_FAULT(try_write(page, PATTERN));

    pinned_tree(4, tables, 0);
    for (int level = 1; level <= 3; level++) {
        CHECK_RC(unpin(tables[level]), -XEN_EINVAL);
        CHECK_RC(page_set_rw(tables[level]), -XEN_EBUSY);
    }
    CHECK_RC(unpin(tables[4]), 0);
    CHECK_RC(mmuext(MMUEXT_UNPIN_TABLE, ~0ul), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_UNPIN_TABLE, 0xb8), -XEN_EINVAL);
}
