/* SPDX-License-Identifier: MIT */
/* Times are signed: a timeout of 2^63 or above is long past. A hypervisor that sees it otherwise
 * sleeps for ever here. */
#include "harness.h"

TEST("poll_negative_timeout", "a poll whose timeout is 2^63 or above ends at once")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));

    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    CHECK_RC(sched_poll(&port, 1, ~0ull), 0);
    CHECK_RC(sched_poll(&port, 1, 1ull << 63), 0);
}
