/* SPDX-License-Identifier: MIT */
/* More ports than two levels have; the word of each is in its page. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_many_ports", "FIFO domains have more than 4096 ports, and all of them work")
{
    evtchn_port_t port = 0;

    events_disable();
    fifo_start(1);
    for (unsigned int i = 0; i < 6; i++)
        fifo_expand();
    while (port < 5 * FIFO_WORDS + 7)
        port = ipi_port(0);
    fifo_unmask(port);
    fifo_unmask(4096);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_RC(evtchn_send(4096), 0);
    CHECK_EQ(*fifo_word(port) & EVTCHN_FIFO_LINK_MASK, 4096);
    CHECK_EQ(fifo_take(0), port);
    CHECK_EQ(fifo_take(0), 4096);
    CHECK_EQ(port_state(port), EVTCHNSTAT_ipi);
    CHECK_RC(evtchn_close(port), 0);
    CHECK_EQ(ipi_port(0), port);
}
