/* SPDX-License-Identifier: MIT */
/* CLEAR_PAGE clears a frame that may be writable, and no table. */
#include "tables.h"

TEST("clear_page", "MMUEXT_CLEAR_PAGE zeroes an ordinary page and refuses tables")
{
    uint64_t *page = page_alloc();

    memset(page, 0x5a, PAGE_SIZE);
    CHECK_RC(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(page)), 0);
    for (unsigned int i = 0; i < 512; i++)
        CHECK_EQ(page[i], 0);
    for (int level = 1; level <= 4; level++)
        CHECK_RC(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(pinned_table(level))), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_CLEAR_PAGE, nobodys_frame()), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_CLEAR_PAGE, ~0ul), -XEN_EINVAL);
    /* It left no type behind. */
    MUST(page_set_ro(page));
    CHECK_RC(pin(page, 1), 0);
}
