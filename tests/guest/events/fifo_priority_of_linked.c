/* SPDX-License-Identifier: MIT */
/*
 * A port whose priority changes while it waits stays where it is, and moves the next time. The queue it
 * left as the last one must not be linked to it any more.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_priority_of_linked", "a linked FIFO port changes queues when it is raised next")
{
    evtchn_port_t a = ipi_port(0), b = ipi_port(0);

    events_disable();
    fifo_start(1);
    fifo_expand();
    fifo_unmask(a);
    fifo_unmask(b);
    CHECK_RC(evtchn_send(a), 0);
    CHECK_RC(fifo_set_priority(a, 2), 0);
    CHECK_EQ(fifo_control(0)->ready, 1u << 7);
    CHECK_EQ(fifo_take(0), a);
    CHECK_RC(evtchn_send(a), 0);
    CHECK_RC(evtchn_send(b), 0);
    CHECK_EQ(fifo_control(0)->ready, 1u << 2 | 1u << 7);
    CHECK_EQ(*fifo_word(a) & EVTCHN_FIFO_LINK_MASK, 0);
    CHECK_EQ(fifo_take(0), a);
    CHECK_EQ(fifo_take(0), b);
}
