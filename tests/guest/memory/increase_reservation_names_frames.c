/* SPDX-License-Identifier: MIT */
/* increase_reservation gives frames without a PFN: the guest names them with machphys updates. */
#include "reserve.h"

TEST("increase_reservation_names_frames", "increase_reservation returns frames that are ours")
{
    uint64_t *page = page_alloc();
    unsigned long mfn = take(page), list[1] = {0};

    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_RC(reserve(XENMEM_increase_reservation, list, 1, 0, 0, DOMID_SELF), 1);
    CHECK(mfn_to_pfn(list[0]) >= start_info->nr_pages, "the frame has a PFN already");
    put(page, list[0]);
    CHECK_NO_FAULT(try_write(page, 7));
    /* It need not be told the frames. */
    mfn = take(page);
    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_RC(reserve(XENMEM_increase_reservation, NULL, 1, 0, 0, DOMID_SELF), 1);
}
