/* SPDX-License-Identifier: MIT */
/* The mask bit of a port that is closed: does unmask clear it? */
#include "ports.h"

TEST("unmask_closed_port", "unmask of a closed port is no error and leaves its bits alone")
{
    evtchn_port_t port = ipi_port(0);

    events_disable();
    CHECK_RC(evtchn_close(port), 0);
    evtchn_mask(port);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK(evtchn_masked(port), "the mask bit was cleared");
}
