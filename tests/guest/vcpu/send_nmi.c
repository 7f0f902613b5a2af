/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * NMIs from one vCPU to itself and to another, whose events are disabled; an argument is not
 * allowed. [TRAP-9]
 */
#include "harness.h"

static volatile int nmis[2];
static volatile bool over;

static bool on_nmi(struct regs *regs)
{
    (void)regs;
    nmis[smp_self()]++;
    return true;
}

static void spin(void *arg)
{
    (void)arg;
    while (!over)
        cpu_relax();
}

TEST("send_nmi", "VCPUOP_send_nmi interrupts the vCPU it names, in spite of its upcall mask")
{
    uint64_t deadline = time_ns() + DEADLINE_NS;

    trap_set_handler(TRAP_NMI, on_nmi);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 0, (void *)8), -XEN_EINVAL);
    CHECK_EQ(nmis[0], 0);
    events_disable();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
    CHECK_EQ(nmis[0], 1);
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    smp_run(1, spin, NULL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
    while (!nmis[1] && time_ns() < deadline)
        sched_yield();
    CHECK_EQ(nmis[1], 1);
    CHECK_EQ(nmis[0], 1);
    over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
}
