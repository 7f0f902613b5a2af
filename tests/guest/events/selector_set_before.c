/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor stops at the first bit that is set already: with the selector bit or the pending
 * bit set by the guest itself, upcall_pending stays as it is. [EVT-5]
 */
#include "ports.h"

TEST("selector_set_before", "an event whose selector or pending bit is set raises nothing further")
{
    struct vcpu_info *info = this_cpu()->info;
    evtchn_port_t port = ipi_port(0);

    events_disable();
    evtchn_unmask(port);
    info->evtchn_pending_sel = 1ul << (port / 64);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(evtchn_pending(port), "the pending bit is clear");
    CHECK_EQ(info->evtchn_upcall_pending, 0);

    info->evtchn_pending_sel = 0;
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(info->evtchn_pending_sel, 0);
    CHECK_EQ(info->evtchn_upcall_pending, 0);

    evtchn_clear(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(info->evtchn_pending_sel, 1ul << (port / 64));
    CHECK_EQ(info->evtchn_upcall_pending, 1);
}
