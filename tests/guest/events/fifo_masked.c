/* SPDX-License-Identifier: MIT */
/*
 * The mask bit in the word keeps an event out of the queues; the unmask operation clears it and puts in
 * what is pending.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_masked", "a masked FIFO event is only pending, and unmask delivers it")
{
    evtchn_port_t port = ipi_port(0);

    events_disable();
    fifo_start(1);
    fifo_expand();
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(*fifo_word(port), FIFO_PENDING | FIFO_MASKED);
    CHECK_EQ(fifo_take(0), 0);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(*fifo_word(port), FIFO_PENDING | FIFO_LINKED);
    CHECK_EQ(fifo_take(0), port);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(*fifo_word(port), 0);
    CHECK_EQ(fifo_take(0), 0);
}
