/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* A vCPU without a control block has no queues: its events are dropped. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_no_control_block", "a FIFO event for a vCPU without a control block is dropped")
{
    evtchn_port_t port;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    events_disable();
    port = ipi_port(1);
    fifo_start(1);
    fifo_expand();
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(*fifo_word(port), FIFO_MASKED);
    fifo_unmask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(*fifo_word(port), 0);
}
