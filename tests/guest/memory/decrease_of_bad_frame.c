/* SPDX-License-Identifier: MIT */
/* Frames that are not ours: the call stops at them and returns how many it did before. */
#include "reserve.h"

TEST("decrease_of_bad_frame", "decrease_reservation stops at the first frame that is not ours")
{
    static const unsigned long bad[] = {0xb8, 0xfee00, 1ul << 30, ~0ul};
    long before = total_pages();

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned long list[3] = {take(page_alloc()), bad[i], take(page_alloc())};
        long rc = decrease(list, 3);

        CHECK(rc == 1, "frame %lx: %ld", bad[i], rc);
        CHECK_EQ(total_pages(), --before);
        CHECK_EQ(list[1], bad[i]);
    }
}
