/* SPDX-License-Identifier: MIT */
/* Times are signed: the largest is centuries ahead and never comes, one above it is long ago. */
#include "tick.h"

TEST("singleshot_far", "a singleshot timer at 2^63 - 1 never fires, one at 2^63 or above at once")
{
    ticks_start();
    CHECK_RC(singleshot(~0ull >> 1, 0), 0);
    spin_until(time_ns() + 50 * NS_PER_MS);
    CHECK_EQ(ticks, 0);
    CHECK_RC(singleshot(~0ull, 0), 0);
    ticks_wait(1);
    CHECK_EQ(ticks, 1);
    CHECK_RC(singleshot(1ull << 63, 0), 0);
    ticks_wait(2);
    CHECK_EQ(ticks, 2);
}
