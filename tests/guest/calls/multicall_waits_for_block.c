/* SPDX-License-Identifier: MIT */
/* What follows a block in a multicall is done after the vcpu has been woken. [HC-4] */
#include "harness.h"
#include "time.h"
#include <xen/sched.h>
#include <xen/vcpu.h>

TEST("multicall_waits_for_block", "entries after a block in a multicall wait for the wake-up")
{
    struct vcpu_runstate_info before, after;
    multicall_entry_t calls[] = {
        {.op = HYPERCALL_NR_vcpu_op, .args = {VCPUOP_get_runstate_info, 0, (unsigned long)&before}},
        {.op = HYPERCALL_NR_sched_op, .args = {SCHEDOP_block}},
        {.op = HYPERCALL_NR_vcpu_op, .args = {VCPUOP_get_runstate_info, 0, (unsigned long)&after}},
    };

    CHECK_RC(timer_set(time_ns() + 20 * NS_PER_MS, NULL, NULL), 0);
    CHECK_RC(hypercall_multicall(calls, 3), 0);
    CHECK_RC((long)calls[2].result, 0);
    CHECK(after.time[RUNSTATE_blocked] > before.time[RUNSTATE_blocked], "blocked for no time");
}
