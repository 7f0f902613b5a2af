/* SPDX-License-Identifier: MIT */
/*
 * VCPUOP_send_nmi raises vector 2 of the trap table, masked events or not. Until the iret that ends
 * its handler no other one comes; those meanwhile are one. [TRAP-9]
 */
#include "harness.h"

static volatile int count, depth, worst;
static struct regs seen;

static long send(void)
{
    return hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL);
}

static bool on_nmi(struct regs *regs)
{
    seen = *regs;
    if (++depth > worst)
        worst = depth;
    if (++count == 2) {
        CHECK_RC(send(), 0);
        CHECK_RC(send(), 0);
    }
    depth--;
    return true;
}

TEST("nmi_blocked_until_iret", "an NMI comes at once, and the next one after its handler's iret")
{
    char arg[8];

    trap_set_handler(TRAP_NMI, on_nmi);
    CHECK_RC(send(), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.error_code, 0);
    CHECK_EQ(seen.cs, FLAT_KERNEL_CS & ~3);
    CHECK_EQ(seen.upcall_mask, 0);

    events_disable();
    CHECK_RC(send(), 0);
    CHECK_EQ(count, 3);
    CHECK_EQ(worst, 1);
    CHECK_EQ(seen.upcall_mask, 1);
    events_enable();

    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 0, arg), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_send_nmi, 1000, NULL), -XEN_ENOENT);
    CHECK_EQ(count, 3);
}
