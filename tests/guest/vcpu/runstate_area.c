/* SPDX-License-Identifier: MIT */
/* The area that is registered holds the runstate at once, and is brought up to date by a block. */
#include "harness.h"

TEST("runstate_area", "a registered runstate area is kept up to date by the hypervisor")
{
    static volatile struct vcpu_runstate_info area;
    struct vcpu_register_runstate_memory_area op = {.addr.p = (unsigned long)&area};
    uint64_t first, blocked, at;

    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op), 0);
    CHECK_EQ(area.state, RUNSTATE_running);
    first = area.state_entry_time;
    blocked = area.time[RUNSTATE_blocked];
    CHECK(first && first <= time_ns(), "the state began at %lx", first);

    at = time_ns();
    time_sleep_until(at + 30 * NS_PER_MS);
    CHECK_EQ(area.state, RUNSTATE_running);
    CHECK(area.state_entry_time >= at + 15 * NS_PER_MS, "entered %lu ns too early",
          at - area.state_entry_time);
    CHECK(area.time[RUNSTATE_blocked] >= blocked + 15 * NS_PER_MS, "blocked for %lu ns",
          area.time[RUNSTATE_blocked] - blocked);

    op.addr.p = HYPERVISOR_VIRT_START;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &op), -XEN_EFAULT);
}
