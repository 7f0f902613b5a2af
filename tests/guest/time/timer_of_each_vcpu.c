/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Each vCPU's timer raises the VIRQ_TIMER of that vCPU, there. */
#include "harness.h"

static volatile int fired[2];

static void on_timer(void *data)
{
    (void)data;
    fired[smp_self()]++;
}

static void sleep_on_timer(void *arg)
{
    uint64_t deadline = time_ns() + DEADLINE_NS;

    (void)arg;
    events_enable();
    MUST(timer_set(time_ns() + 20 * NS_PER_MS, on_timer, NULL));
    while (!fired[smp_self()] && time_ns() < deadline)
        cpu_relax();
    events_disable();
}

TEST("timer_of_each_vcpu", "the timers of two vCPUs fire independently, each on its own")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    smp_run(1, sleep_on_timer, NULL);
    sleep_on_timer(NULL);
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK_EQ(fired[0], 1);
    CHECK_EQ(fired[1], 1);
}
