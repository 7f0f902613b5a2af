/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * The order of a vCPU's life: not up before it is initialised, initialised once, up as often as
 * asked.
 */
#include "harness.h"

static struct vcpu_guest_context ctx;

TEST("initialise_and_up", "a vCPU can be brought up once it is initialised, which happens once")
{
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 0, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    smp_context(0, &ctx);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 0, &ctx), -XEN_EEXIST);
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);
    smp_context(1, &ctx);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EEXIST);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
}
