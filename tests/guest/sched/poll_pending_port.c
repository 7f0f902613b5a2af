/* SPDX-License-Identifier: MIT */
/*
 * A poll on ports of which one is pending returns at once, masked or not; so does one while another
 * event is waiting for delivery. A poll that slept here would never end.
 */
#include "harness.h"

TEST("poll_pending_port", "SCHEDOP_poll returns at once when a port of the list is pending")
{
    evtchn_port_t list[3];
    evtchn_port_t other;
    uint64_t at;

    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    for (int i = 0; i < 3; i++)
        list[i] = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    evtchn_mask(list[2]);
    CHECK_RC(evtchn_send(list[2]), 0);
    CHECK_RC(sched_poll(list, 3, 0), 0);
    CHECK(evtchn_pending(list[2]), "the poll cleared the pending bit");
    CHECK_RC(sched_poll(&list[2], 1, 0), 0);
    evtchn_clear(list[2]);

    /*
     * An event that is not on the list, but would be delivered if it were not for the mask, does
     * not keep the poll from sleeping: only its timeout ends it.
     */
    other = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    events_disable();
    CHECK_RC(evtchn_unmask(other), 0);
    CHECK_RC(evtchn_send(other), 0);
    at = time_ns() + 10 * NS_PER_MS;
    CHECK_RC(sched_poll(list, 3, at), 0);
    CHECK(time_ns() >= at, "the poll ended %lu ns too early", at - time_ns());
    CHECK(!events_enabled(), "the poll unmasked events");
}
