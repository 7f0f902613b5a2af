/* SPDX-License-Identifier: MIT */
/* 8192 frames in one call, there and back: interrupted or not, the result is the whole count. */
#include "reserve.h"

#define PAGES 8192u

TEST("long_reservation_completes", "8192 extents in one call are all done")
{
    static unsigned long list[PAGES], pfns[PAGES];
    long before = total_pages();

    for (unsigned int i = 0; i < PAGES; i++) {
        void *page = page_alloc();

        pfns[i] = va_to_pfn(page);
        list[i] = take(page);
    }
    CHECK_RC(decrease(list, PAGES), PAGES);
    CHECK_EQ(total_pages(), before - PAGES);
    memcpy(list, pfns, sizeof(list));
    CHECK_RC(populate(list, PAGES), PAGES);
    CHECK_EQ(total_pages(), before);
    for (unsigned int i = 0; i < PAGES; i++)
        CHECK_EQ(mfn_to_pfn(list[i]), pfns[i]);
}
