/* SPDX-License-Identifier: MIT */
/*
 * A port closed while it waits in a queue is still linked there: it is not given out again until the
 * guest has taken it. Its event is gone.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_linked_port_is_kept", "a closed FIFO port is free again when the guest has taken it")
{
    evtchn_port_t a = ipi_port(0), b = ipi_port(0);

    events_disable();
    fifo_start(1);
    fifo_expand();
    fifo_unmask(a);
    CHECK_RC(evtchn_send(a), 0);
    CHECK_RC(evtchn_close(a), 0);
    CHECK_EQ(*fifo_word(a) & (FIFO_PENDING | FIFO_LINKED), FIFO_LINKED);
    CHECK_EQ(ipi_port(0), b + 1);
    CHECK_EQ(port_state(a), EVTCHNSTAT_closed);
    CHECK_EQ(fifo_take(0), 0);
    CHECK_EQ(ipi_port(0), a);
}
