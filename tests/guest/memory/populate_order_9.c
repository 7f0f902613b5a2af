/* SPDX-License-Identifier: MIT */
/* 512 frames in one extent: aligned, contiguous, and each named by machine-to-phys. */
#include "reserve.h"

#define PAGES 512u

TEST("populate_order_9", "an extent of order 9 is 512 aligned frames in a row")
{
    static unsigned long list[PAGES];
    unsigned long extent;
    char *pages = pages_alloc(PAGES);

    for (unsigned int i = 0; i < PAGES; i++)
        list[i] = take(pages + i * PAGE_SIZE);
    CHECK_RC(decrease(list, PAGES), PAGES);
    extent = va_to_pfn(pages);
    CHECK_RC(reserve(XENMEM_populate_physmap, &extent, 1, 9, 0, DOMID_SELF), 1);
    CHECK_EQ(extent % PAGES, 0);
    for (unsigned int i = 0; i < PAGES; i++) {
        CHECK_EQ(mfn_to_pfn(extent + i), va_to_pfn(pages) + i);
        put(pages + i * PAGE_SIZE, extent + i);
        CHECK_NO_FAULT(try_write(pages + i * PAGE_SIZE, i));
    }
    /* And back in one extent. */
    for (unsigned int i = 0; i < PAGES; i++)
        take(pages + i * PAGE_SIZE);
    CHECK_RC(reserve(XENMEM_decrease_reservation, &extent, 1, 9, 0, DOMID_SELF), 1);
}
