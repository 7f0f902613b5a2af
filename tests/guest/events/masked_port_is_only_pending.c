/* SPDX-License-Identifier: MIT */
/*
 * A masked port gets its pending bit and nothing else: no selector, no upcall_pending, no upcall.
 * [EVT-5] */
#include "ports.h"

TEST("masked_port_is_only_pending", "an event on a masked port touches nothing but its pending bit")
{
    evtchn_port_t port = ipi_port(0);
    struct vcpu_info *info = this_cpu()->info;
    unsigned long upcalls = events_upcalls();

    evtchn_mask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(evtchn_pending(port), "the pending bit is clear");
    CHECK_EQ(events_upcalls(), upcalls);
    events_disable();
    CHECK_EQ(info->evtchn_pending_sel, 0);
    CHECK_EQ(info->evtchn_upcall_pending, 0);
}
