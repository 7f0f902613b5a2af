/* SPDX-License-Identifier: MIT */
/* What set_priority says to ports and priorities that are not there. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_priority_errors", "set_priority: EINVAL for a port or priority out of range, EACCES for a closed port")
{
    evtchn_port_t port = ipi_port(0), closed = ipi_port(0);

    CHECK_RC(evtchn_close(closed), 0);
    CHECK_RC(fifo_set_priority(1u << 17, 3), -XEN_EINVAL);
    CHECK_RC(fifo_set_priority(port, 3), -XEN_ENOSYS);
    events_disable();
    fifo_start(1);
    CHECK_RC(fifo_set_priority(port, 15), 0);
    CHECK_RC(fifo_set_priority(port, 16), -XEN_EINVAL);
    CHECK_RC(fifo_set_priority(port, ~0u), -XEN_EINVAL);
    CHECK_RC(fifo_set_priority(closed, 3), -XEN_EACCES);
    CHECK_RC(fifo_set_priority(0, 3), -XEN_EACCES);
    CHECK_RC(fifo_set_priority(NEVER_USED, 3), -XEN_EINVAL);
    CHECK_RC(fifo_set_priority(1u << 17, 3), -XEN_EINVAL);
    CHECK_RC(fifo_set_priority(~0u, 3), -XEN_EINVAL);
}
