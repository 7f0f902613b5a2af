/* SPDX-License-Identifier: MIT */
/* Ports that could be, but are not open: nothing will ever come, and the poll says so. */
#include "harness.h"

TEST("poll_closed_port", "a poll of a port that is not open is EINVAL")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0)), zero = 0, never = 4000;
    uint64_t past = 1;

    CHECK_RC(sched_poll(&port, 1, past), 0);
    CHECK_RC(sched_poll(&zero, 1, past), -XEN_EINVAL);
    CHECK_RC(sched_poll(&never, 1, past), -XEN_EINVAL);
    CHECK_RC(evtchn_close(port), 0);
    CHECK_RC(sched_poll(&port, 1, past), -XEN_EINVAL);
}
