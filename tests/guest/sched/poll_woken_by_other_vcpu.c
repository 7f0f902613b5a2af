/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * A vCPU that polls is woken by another one's send, although the port is masked and its events are
 * disabled. One port and several: the hypervisor may take different ways. [SCH-7]
 */
#include "harness.h"

static evtchn_port_t list[2];
static volatile int polling;
static volatile uint64_t deadline;
static volatile long result;

static void poll_list(void *arg)
{
    deadline = time_ns() + DEADLINE_NS;
    polling = 1;
    result = sched_poll(list, *(unsigned int *)arg, deadline);
    if (time_ns() >= deadline)
        result = 1;
}

static void check_woken(unsigned int n)
{
    uint64_t until;

    polling = 0;
    smp_run(1, poll_list, &n);
    while (!polling)
        sched_yield();
    /* Long enough to be asleep in most runs; the claim holds in the others too. */
    for (until = time_ns() + 5 * NS_PER_MS; time_ns() < until;)
        cpu_relax();
    CHECK_RC(evtchn_send(list[n - 1]), 0);
    CHECK(smp_wait(1), "vCPU 1 polls on");
    CHECK_EQ(result, 0);
    CHECK(evtchn_clear(list[n - 1]), "the port is not pending");
}

TEST("poll_woken_by_other_vcpu", "an event on a masked port ends the poll of another vCPU")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    for (int i = 0; i < 2; i++) {
        list[i] = (evtchn_port_t)MUST(evtchn_bind_ipi(1));
        evtchn_mask(list[i]);
    }
    check_woken(1);
    check_woken(2);
}
