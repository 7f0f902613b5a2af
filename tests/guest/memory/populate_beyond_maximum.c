/* SPDX-License-Identifier: MIT */
/* A domain at its maximum gets nothing; after giving one frame back, exactly one. */
/* TEST-REQUIRES: hv-args=dom0_mem=64M,max:128M */
#include "reserve.h"

TEST("populate_beyond_maximum", "a domain gets no more pages than its maximum reservation")
{
    domid_t self = DOMID_SELF;
    unsigned long pfns[3], mfn;
    long max = hypercall_memory_op(XENMEM_maximum_reservation, &self), room = max - total_pages();

    CHECK(room > 0 && room < 65536, "%ld of %ld pages", total_pages(), max);
    for (int i = 0; i < 3; i++)
        pfns[i] = start_info->nr_pages + (unsigned long)i;
    CHECK_RC(reserve(XENMEM_increase_reservation, NULL, (unsigned long)room + 5, 0, 0, DOMID_SELF),
             room);
    CHECK_EQ(total_pages(), max);
    CHECK_RC(populate(pfns, 3), 0);
    CHECK_RC(reserve(XENMEM_increase_reservation, NULL, 3, 0, 0, DOMID_SELF), 0);
    mfn = take(page_alloc());
    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_RC(populate(pfns, 3), 1);
    CHECK_EQ(total_pages(), max);
}
