/* SPDX-License-Identifier: MIT */
/* An event that is linked into an empty queue makes an upcall, as in two levels. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_upcall", "a FIFO event interrupts the kernel that runs")
{
    evtchn_port_t port = ipi_port(0);
    unsigned long before;

    events_disable();
    fifo_start(1);
    fifo_expand();
    fifo_unmask(port);
    events_enable();
    before = events_upcalls();
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(events_upcalls(), before + 1);
    /* The queue is not empty any more. */
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(events_upcalls(), before + 1);
    CHECK_EQ(fifo_take(0), port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(events_upcalls(), before + 2);
}
