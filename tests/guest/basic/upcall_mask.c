/* SPDX-License-Identifier: MIT */
/*
 * While evtchn_upcall_mask is set nothing is delivered, but everything is remembered: pending bit,
 * selector, upcall_pending. Clearing the mask and any hypercall then delivers it, once. [TRAP-7]
 */
#include "harness.h"

static volatile int count;

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    count++;
}

TEST("upcall_mask_holds_events", "a masked vCPU gets its event at the first exit after unmasking")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    struct vcpu_info *info = this_cpu()->info;

    evtchn_set_handler(port, on_event, NULL);
    events_disable();
    CHECK_RC(evtchn_send(port), 0);
    CHECK_RC(evtchn_send(port), 0);
    hypercall_xen_version(XENVER_version, NULL);
    CHECK_EQ(count, 0);
    CHECK(evtchn_pending(port), "the pending bit is clear");
    CHECK_EQ(info->evtchn_upcall_pending, 1);
    CHECK_EQ(info->evtchn_pending_sel, 1ul << (port / 64));

    events_enable();
    CHECK_EQ(count, 1);
    CHECK_EQ(info->evtchn_upcall_pending, 0);
    CHECK(!evtchn_pending(port), "the pending bit is still set");
}
