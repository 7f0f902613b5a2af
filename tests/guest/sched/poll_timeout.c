/* SPDX-License-Identifier: MIT */
/* A poll with nothing pending sleeps until its timeout: not shorter, and not for ever. */
#include "harness.h"

TEST("poll_timeout",
     "a poll in vain ends at its timeout, one in the past at once, without any port")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    uint64_t start = time_ns(), at = start + 30 * NS_PER_MS;

    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    CHECK_RC(sched_poll(&port, 1, at), 0);
    CHECK(time_ns() >= at, "ended %lu ns too early", at - time_ns());
    CHECK_RC(sched_poll(&port, 1, 1), 0);
    CHECK_RC(sched_poll(&port, 1, start), 0);
    at = time_ns() + 10 * NS_PER_MS;
    CHECK_RC(sched_poll(NULL, 0, at), 0);
    CHECK(time_ns() >= at, "without ports ended %lu ns too early", at - time_ns());
    CHECK(!evtchn_pending(port), "the port is pending");
}
