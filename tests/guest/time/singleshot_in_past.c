/* SPDX-License-Identifier: MIT */
/*
 * A time that has passed fires at once; VCPU_SSHOTTMR_future, once made to refuse it, is ignored.
 * [TIME-3] */
#include "tick.h"

TEST("singleshot_in_past", "a singleshot timer in the past fires, whatever its flags")
{
    uint64_t start = time_ns();

    ticks_start();
    CHECK_RC(singleshot(start, 0), 0);
    ticks_wait(1);
    CHECK_EQ(ticks, 1);
    CHECK_RC(singleshot(time_ns() + 20 * NS_PER_MS, VCPU_SSHOTTMR_future), 0);
    CHECK_EQ(ticks, 1);
    ticks_wait(2);
    CHECK_EQ(ticks, 2);
    CHECK_RC(singleshot(start, VCPU_SSHOTTMR_future), 0);
    ticks_wait(3);
    CHECK_EQ(ticks, 3);
    /* 0 is a time like any other, long ago. */
    CHECK_RC(singleshot(0, 0), 0);
    ticks_wait(4);
    CHECK_EQ(ticks, 4);
}
