/* SPDX-License-Identifier: MIT */
/* The four times of a running vCPU: together they are what has passed, and only running goes on. */
#include "harness.h"

static uint64_t sum(const struct vcpu_runstate_info *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

TEST("runstate_times", "the times of get_runstate_info add up to the time that has passed")
{
    struct vcpu_runstate_info a, b;
    uint64_t before = time_ns(), between, after, until;

    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
    between = time_ns();
    for (until = between + 50 * NS_PER_MS; time_ns() < until;)
        cpu_relax();
    time_sleep_until(time_ns() + 50 * NS_PER_MS);
    after = time_ns();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);

    CHECK_EQ(a.state, RUNSTATE_running);
    CHECK_EQ(b.state, RUNSTATE_running);
    CHECK(b.state_entry_time > a.state_entry_time, "the state began at %lx and at %lx",
          a.state_entry_time, b.state_entry_time);
    CHECK(b.state_entry_time <= time_ns(), "the state begins in the future");
    for (int i = 0; i < 4; i++)
        CHECK(b.time[i] >= a.time[i], "time %d goes backwards", i);
    CHECK(b.time[RUNSTATE_running] - a.time[RUNSTATE_running] >= 25 * NS_PER_MS,
          "running for %lu ns", b.time[RUNSTATE_running] - a.time[RUNSTATE_running]);
    CHECK(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] >= 25 * NS_PER_MS,
          "blocked for %lu ns", b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked]);
    CHECK(sum(&b) - sum(&a) + 5 * NS_PER_MS >= after - between, "%lu ns in %lu", sum(&b) - sum(&a),
          after - between);
    CHECK(sum(&b) - sum(&a) <= time_ns() - before + 5 * NS_PER_MS, "%lu ns", sum(&b) - sum(&a));
}
