/* SPDX-License-Identifier: MIT */
/*
 * An event that came before init_control waits in the two-level bitmap; it is raised again as soon as
 * its port has a word.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_pending_at_switch", "an event pending in two levels is not lost by the switch to FIFO")
{
    evtchn_port_t port = ipi_port(0), other = ipi_port(0);

    events_disable();
    evtchn_mask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(evtchn_pending(port), "not pending");
    fifo_start(1);
    /* There is no word yet either. */
    CHECK_RC(evtchn_send(other), 0);
    fifo_expand();
    CHECK_EQ(*fifo_word(port), FIFO_PENDING | FIFO_MASKED);
    CHECK_EQ(*fifo_word(other), FIFO_PENDING | FIFO_MASKED);
    CHECK_EQ(*fifo_word(other + 1), FIFO_MASKED);
    fifo_unmask(other);
    CHECK_EQ(fifo_take(0), other);
}
