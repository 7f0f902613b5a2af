/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* The physical identity of a vCPU that is not nailed to a CPU is nobody's business. */
#include "harness.h"

TEST("physid_refused", "VCPUOP_get_physid is EINVAL for a vCPU that may move")
{
    struct vcpu_get_physid op;

    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_physid, 0, &op), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_physid, 0, NULL), -XEN_EINVAL);
}
