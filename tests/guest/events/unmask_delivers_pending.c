/* SPDX-License-Identifier: MIT */
/* An event that came to a masked port is delivered by the unmask hypercall, before it returns. */
#include "ports.h"

static volatile int count;

TEST("unmask_delivers_pending",
     "unmasking a pending port is an upcall; unmasking any other is none")
{
    evtchn_port_t port = ipi_port(0);
    unsigned long upcalls;

    evtchn_set_handler(port, count_event, (void *)&count);
    evtchn_mask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(count, 0);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(count, 1);
    CHECK(!evtchn_masked(port), "the port is still masked");

    upcalls = events_upcalls();
    CHECK_RC(evtchn_unmask(port), 0);
    evtchn_mask(port);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(events_upcalls(), upcalls);
}
