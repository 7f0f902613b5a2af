/* SPDX-License-Identifier: MIT */
/* The old call for the same timer: absolute time, 0 stops it, the far future comes soon. */
#include "tick.h"

TEST("set_timer_op", "set_timer_op sets the singleshot timer, and 0 stops it")
{
    uint64_t at;

    ticks_start();
    at = time_ns() + 30 * NS_PER_MS;
    CHECK_RC(hypercall_set_timer_op(at), 0);
    ticks_wait(1);
    CHECK_EQ(ticks, 1);
    CHECK(time_ns() >= at, "fired %lu ns too early", at - time_ns());

    CHECK_RC(hypercall_set_timer_op(time_ns() + 30 * NS_PER_MS), 0);
    CHECK_RC(hypercall_set_timer_op(0), 0);
    spin_until(time_ns() + 80 * NS_PER_MS);
    CHECK_EQ(ticks, 1);

    CHECK_RC(hypercall_set_timer_op(1), 0);
    ticks_wait(2);
    CHECK_EQ(ticks, 2);

    /* It is the same timer as vcpu_op's. */
    CHECK_RC(hypercall_set_timer_op(time_ns() + 30 * NS_PER_MS), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    spin_until(time_ns() + 80 * NS_PER_MS);
    CHECK_EQ(ticks, 2);
}
