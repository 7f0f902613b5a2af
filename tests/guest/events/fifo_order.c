/* SPDX-License-Identifier: MIT */
/* Ports raised one after the other are linked one behind the other, and taken in that order. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_order", "FIFO events of one priority come in the order they were sent")
{
    evtchn_port_t port[6];

    events_disable();
    fifo_start(1);
    for (unsigned int i = 0; i < 6; i++)
        port[i] = ipi_port(0);
    fifo_expand();
    for (unsigned int i = 0; i < 6; i++)
        fifo_unmask(port[i]);
    for (unsigned int i = 0; i < 6; i++)
        CHECK_RC(evtchn_send(port[5 - i]), 0);
    CHECK_RC(evtchn_send(port[5]), 0);
    for (unsigned int i = 0; i < 3; i++)
        CHECK_EQ(fifo_take(0), port[5 - i]);
    /* Behind what still waits. */
    CHECK_RC(evtchn_send(port[5]), 0);
    for (unsigned int i = 3; i < 6; i++)
        CHECK_EQ(fifo_take(0), port[5 - i]);
    CHECK_EQ(fifo_take(0), port[5]);
    CHECK_EQ(fifo_take(0), 0);
}
