/* SPDX-License-Identifier: MIT */
/* Source and destination in the same frame, which is then read and written at once. */
#include "copy.h"

TEST("copy_within_page", "a grant copy may have both sides in one page")
{
    struct offer o = offer(0x1234567890, 0);
    struct gnttab_copy_ptr to = by_ref(o.ref, 2048);

    CHECK_RC(copy(by_ref(o.ref, 0), to, 8, FROM_REF | TO_REF), GNTST_okay);
    CHECK_EQ(o.page[2048 / 8], 0x1234567890);
    CHECK_RC(copy(by_page(o.page, 0), by_page(o.page, 0), PAGE_SIZE, 0), GNTST_okay);
    CHECK_EQ(o.page[0], 0x1234567890);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
