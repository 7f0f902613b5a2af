/* SPDX-License-Identifier: MIT */
/* A port is linked into the queue of its priority; 0 is the best, 7 what a new port has. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_priorities", "a FIFO event of a better priority is taken first")
{
    evtchn_port_t port[3] = {ipi_port(0), ipi_port(0), ipi_port(0)};

    events_disable();
    fifo_start(1);
    fifo_expand();
    for (unsigned int i = 0; i < 3; i++)
        fifo_unmask(port[i]);
    CHECK_RC(fifo_set_priority(port[1], 15), 0);
    CHECK_RC(fifo_set_priority(port[2], 0), 0);
    for (unsigned int i = 0; i < 3; i++)
        CHECK_RC(evtchn_send(port[i]), 0);
    CHECK_EQ(fifo_control(0)->ready, 1u << 0 | 1u << 7 | 1u << 15);
    CHECK_EQ(fifo_control(0)->head[7], port[0]);
    CHECK_EQ(fifo_take(0), port[2]);
    CHECK_EQ(fifo_take(0), port[0]);
    CHECK_EQ(fifo_take(0), port[1]);
    CHECK_EQ(fifo_take(0), 0);
}
