/* SPDX-License-Identifier: MIT */
/* Giving a frame back again, even while a mapping still holds it, takes nothing more away. */
#include "reserve.h"

TEST("decrease_twice", "a frame given back twice is taken once")
{
    uint64_t *page = page_alloc();
    unsigned long mfn = pte_mfn(pte_read(page)), gone = mfn;
    long before = total_pages();

    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_RC(decrease(&mfn, 1), 1); /* Accepted, but there is nothing left to take. */
    CHECK_EQ(total_pages(), before);
    take(page);
    CHECK_EQ(total_pages(), before - 1);
    CHECK_RC(decrease(&gone, 1), 0);
    CHECK_EQ(total_pages(), before - 1);
}
