/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* The periodic timer of a vCPU that runs, and never enters the hypervisor, is started and stopped by another one. */
#include "tick.h"

static volatile bool spinning, over;

static void spin(void *arg)
{
    (void)arg;
    events_enable();
    spinning = true;
    while (!over)
        cpu_relax();
    events_disable();
}

TEST("periodic_of_running_vcpu", "a vCPU that runs gets the ticks that another one asks for it, until they are stopped")
{
    struct vcpu_set_periodic_timer op = {.period_ns = 10 * NS_PER_MS};
    int seen;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL));
    evtchn_set_handler((evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, 1)), count_tick, NULL);
    smp_run(1, spin, NULL);
    while (!spinning)
        cpu_relax();
    spin_until(time_ns() + 30 * NS_PER_MS);
    seen = ticks;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 1, &op), 0);
    ticks_wait(seen + 5);
    CHECK(ticks >= seen + 5, "only %d ticks", ticks - seen);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL), 0);
    spin_until(time_ns() + 20 * NS_PER_MS); /* one may be on its way */
    seen = ticks;
    spin_until(time_ns() + 60 * NS_PER_MS);
    CHECK_EQ(ticks, seen);
    over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
}
