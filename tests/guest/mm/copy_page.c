/* SPDX-License-Identifier: MIT */
/* COPY_PAGE copies any frame of one's own, tables too, but never into a table. */
#include "tables.h"

static long copy(unsigned long to, unsigned long from)
{
    return mmuext_as(MMUEXT_COPY_PAGE, to, from, DOMID_SELF);
}

TEST("copy_page", "MMUEXT_COPY_PAGE copies into ordinary pages only")
{
    uint64_t *a = page_alloc(), *b = page_alloc(), *table = pinned_table(1);
    unsigned long nobodys = nobodys_frame();

    for (unsigned int i = 0; i < 512; i++)
        a[i] = PATTERN + i;
    CHECK_RC(copy(mfn_of(b), mfn_of(a)), 0);
    CHECK_EQ(memcmp(a, b, PAGE_SIZE), 0);
    CHECK_RC(copy(mfn_of(table), mfn_of(a)), -XEN_EINVAL);
    CHECK_EQ(table[1], 0);
    CHECK_RC(copy(mfn_of(b), mfn_of(table)), 0);
    CHECK_EQ(b[1], 0);
    CHECK_RC(copy(mfn_of(b), nobodys), -XEN_EINVAL);
    CHECK_RC(copy(nobodys, mfn_of(a)), -XEN_EINVAL);
    CHECK_RC(copy(mfn_of(b), ~0ul), -XEN_EINVAL);
}
