/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* A poll of one port sleeps on when another, masked port of the same vCPU becomes pending. */
#include "harness.h"

static evtchn_port_t polled;
static volatile int polling;
static volatile uint64_t early;

static void poll_one(void *arg)
{
    uint64_t at = time_ns() + 100 * NS_PER_MS, now;

    (void)arg;
    polling = 1;
    MUST(sched_poll(&polled, 1, at));
    now = time_ns();
    early = now < at ? at - now : 0;
}

TEST("poll_not_woken_by_other_port", "a poll of one port does not end because of another one")
{
    evtchn_port_t other;
    uint64_t until;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    polled = (evtchn_port_t)MUST(evtchn_bind_ipi(1));
    other = (evtchn_port_t)MUST(evtchn_bind_ipi(1));
    evtchn_mask(other);
    smp_run(1, poll_one, NULL);
    while (!polling)
        sched_yield();
    for (until = time_ns() + 5 * NS_PER_MS; time_ns() < until;)
        cpu_relax();
    CHECK_RC(evtchn_send(other), 0);
    CHECK(smp_wait(1), "vCPU 1 polls on");
    CHECK(early == 0, "the poll ended %lu ns too early", early);
}
