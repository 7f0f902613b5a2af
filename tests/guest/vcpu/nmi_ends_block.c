/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* A vCPU that sleeps in a block is woken by an NMI, as by an event. */
#include "harness.h"

static volatile int nmis, blocking;

static bool on_nmi(struct regs *regs)
{
    (void)regs;
    nmis++;
    return true;
}

static void block(void *arg)
{
    (void)arg;
    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL));
    blocking = 1;
    MUST(hypercall_sched_op(SCHEDOP_block, NULL));
    events_disable();
}

TEST("nmi_ends_block", "an NMI wakes a blocked vCPU")
{
    uint64_t until;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    trap_set_handler(TRAP_NMI, on_nmi);
    MUST(smp_start(1));
    smp_run(1, block, NULL);
    while (!blocking)
        sched_yield();
    for (until = time_ns() + 10 * NS_PER_MS; time_ns() < until;)
        cpu_relax();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
    CHECK(smp_wait(1), "vCPU 1 is still blocked");
    CHECK_EQ(nmis, 1);
}
