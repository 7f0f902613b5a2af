/* SPDX-License-Identifier: MIT */
/* A word beyond the ports in use, or of a closed port, is the guest's own. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_unmask_closed", "unmask of a closed port leaves its FIFO word alone")
{
    evtchn_port_t port = ipi_port(0);

    events_disable();
    fifo_start(1);
    fifo_expand();
    CHECK_RC(evtchn_close(port), 0);
    *fifo_word(port) = FIFO_MASKED | FIFO_PENDING;
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(*fifo_word(port), FIFO_MASKED | FIFO_PENDING);
    CHECK_RC(evtchn_unmask(NEVER_USED), -XEN_EINVAL);
}
