/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * VGCF_online in the context: the vCPU counts as up. Whether it runs before something wakes it is
 * not asked.
 */
#include "harness.h"

static struct vcpu_guest_context ctx;

static _Noreturn void entry(void)
{
    for (;;)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

TEST("initialise_online", "a vCPU whose context says online is up without VCPUOP_up")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    smp_context(1, &ctx);
    ctx.flags |= VGCF_online;
    ctx.user_regs.rip = (unsigned long)entry;
    ctx.user_regs.rsp -= 8;
    shared_info->vcpu_info[1].evtchn_upcall_mask = 1;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
}
