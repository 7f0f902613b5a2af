/* SPDX-License-Identifier: MIT */
/* The periodic timer ticks again and again, not faster than asked, until it is stopped. */
#include "tick.h"

static long periodic(uint64_t ns)
{
    struct vcpu_set_periodic_timer op = {.period_ns = ns};

    return hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &op);
}

TEST("periodic_timer", "a periodic timer ticks until it is stopped; its period has limits")
{
    uint64_t start;
    int seen;

    ticks_start();
    CHECK_RC(periodic(0), -XEN_EINVAL);
    CHECK_RC(periodic(NS_PER_MS - 1), -XEN_EINVAL);
    CHECK_RC(periodic(~0ull), -XEN_EINVAL);
    CHECK_RC(periodic(1ull << 62), -XEN_EINVAL);
    spin_until(time_ns() + 30 * NS_PER_MS);
    CHECK_EQ(ticks, 0);

    start = time_ns();
    CHECK_RC(periodic(20 * NS_PER_MS), 0);
    ticks_wait(5);
    CHECK(ticks >= 5, "only %d ticks", ticks);
    /* The first may come at once. */
    CHECK(time_ns() >= start + 75 * NS_PER_MS, "5 ticks in %lu ns", time_ns() - start);

    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    seen = ticks;
    spin_until(time_ns() + 60 * NS_PER_MS);
    CHECK_EQ(ticks, seen);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
}
