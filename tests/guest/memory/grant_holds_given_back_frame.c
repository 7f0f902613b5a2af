/* SPDX-License-Identifier: MIT */
/* A frame that is mapped by a grant is given back by its owner: the grant's mapping goes on. */
#include "reserve.h"

TEST("grant_holds_given_back_frame",
     "a frame given back while granted and mapped stays until unmapped")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1);
    unsigned long mfn;
    grant_handle_t handle;
    grant_ref_t ref;
    long before = total_pages();

    CHECK_RC(grants_init(1), 0);
    *page = 0x1234;
    ref = grant_page(0, page, 0);
    CHECK_RC(grant_map_at(va, 0, ref, 0, &handle), GNTST_okay);
    mfn = take(page);
    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_EQ(*(volatile uint64_t *)va, 0x1234);
    CHECK_NO_FAULT(try_write(va, 1));
    CHECK_EQ(total_pages(), before);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_EQ(total_pages(), before - 1);
}
