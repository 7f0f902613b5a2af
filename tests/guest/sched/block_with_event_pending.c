/* SPDX-License-Identifier: MIT */
/*
 * A block that would sleep through an event which is there already: it must not, or a guest that
 * checks, then blocks, hangs. No timer is set, so a real block would never end.
 */
#include "harness.h"

static volatile int count;

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    count++;
}

TEST("block_with_event_pending",
     "SCHEDOP_block with an event pending unmasks, delivers and returns")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));

    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    evtchn_set_handler(port, on_event, NULL);
    for (int i = 1; i <= 3; i++) {
        events_disable();
        CHECK_RC(evtchn_send(port), 0);
        CHECK_EQ(count, i - 1);
        CHECK_RC(hypercall_sched_op(SCHEDOP_block, NULL), 0);
        CHECK_EQ(count, i);
        CHECK(events_enabled(), "events are masked after the block");
    }
}
