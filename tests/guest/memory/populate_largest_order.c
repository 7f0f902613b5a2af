/* SPDX-License-Identifier: MIT */
/* The first domain may ask for large extents in one piece: 4 MiB, 8 MiB, 16 MiB. */
#include "reserve.h"

TEST("populate_largest_order", "extents of order 10 to 12 are aligned and contiguous")
{
    for (unsigned int order = 10; order <= 12; order++) {
        unsigned long extent = start_info->nr_pages, pages = 1ul << order;
        long before = total_pages();

        CHECK_RC(reserve(XENMEM_populate_physmap, &extent, 1, order, 0, DOMID_SELF), 1);
        CHECK_EQ(total_pages(), before + (long)pages);
        CHECK_EQ(extent % pages, 0);
        CHECK_EQ(mfn_to_pfn(extent), start_info->nr_pages);
        CHECK_EQ(mfn_to_pfn(extent + pages - 1), start_info->nr_pages + pages - 1);
        CHECK_RC(reserve(XENMEM_decrease_reservation, &extent, 1, order, 0, DOMID_SELF), 1);
        CHECK_EQ(total_pages(), before);
    }
}
