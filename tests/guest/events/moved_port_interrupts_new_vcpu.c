/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* After bind_vcpu an event is handled by the vCPU that the port was moved to. */
#include "ports.h"

static volatile int handled_by;

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    handled_by = 1 + (int)smp_self();
}

static void wait_for_event(void *arg)
{
    (void)arg;
    events_enable();
    events_wait(&handled_by, time_ns() + DEADLINE_NS);
    events_disable();
}

TEST("moved_port_interrupts_new_vcpu", "an event goes to the vCPU that its port was moved to")
{
    evtchn_port_t offered, bound;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    bound = loopback(&offered);
    CHECK_RC(evtchn_bind_vcpu(offered, 1), 0);
    evtchn_set_handler(offered, on_event, NULL);
    smp_run(1, wait_for_event, NULL);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK_EQ(handled_by, 2);

    handled_by = 0;
    CHECK_RC(evtchn_bind_vcpu(offered, 0), 0);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK_EQ(handled_by, 1);
}
