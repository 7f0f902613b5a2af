/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* VGCF_online in the context: the vCPU runs without VCPUOP_up. */
#include "harness.h"

static struct vcpu_guest_context ctx;
static volatile int ran;

static _Noreturn void entry(void)
{
    ran = 1;
    for (;;)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

TEST("initialise_online", "a vCPU whose context says online runs at once")
{
    uint64_t deadline = time_ns() + DEADLINE_NS;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    smp_context(1, &ctx);
    ctx.flags |= VGCF_online;
    ctx.user_regs.rip = (unsigned long)entry;
    ctx.user_regs.rsp -= 8;
    shared_info->vcpu_info[1].evtchn_upcall_mask = 1;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    while (!ran && time_ns() < deadline)
        sched_yield();
    CHECK_EQ(ran, 1);
}
