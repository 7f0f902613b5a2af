/* SPDX-License-Identifier: MIT */
/* There is one singleshot timer: a new time takes the place of the old, a stop leaves none. */
#include "tick.h"

TEST("singleshot_replaced", "setting the singleshot timer anew forgets the earlier time")
{
    uint64_t start;

    ticks_start();
    start = time_ns();
    CHECK_RC(singleshot(start + 50 * NS_PER_MS, 0), 0);
    CHECK_RC(singleshot(start + 200 * NS_PER_MS, 0), 0);
    spin_until(start + 100 * NS_PER_MS);
    CHECK_EQ(ticks, 0);
    ticks_wait(1);
    CHECK_EQ(ticks, 1);
    CHECK(time_ns() >= start + 200 * NS_PER_MS, "fired too early");

    CHECK_RC(singleshot(time_ns() + 20 * NS_PER_MS, 0), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    spin_until(time_ns() + 60 * NS_PER_MS);
    CHECK_EQ(ticks, 1);
}
