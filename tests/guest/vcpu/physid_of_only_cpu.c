/* SPDX-License-Identifier: MIT */
/* On a machine with one CPU a vCPU cannot move, so the first domain may know where it is. */
#include "harness.h"

TEST("physid_of_only_cpu", "VCPUOP_get_physid tells the CPU of a vCPU that cannot move")
{
    struct vcpu_get_physid op = {.phys_id = ~0ull};

    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_physid, 0, &op), 0);
    CHECK_EQ(xen_vcpu_physid_to_x86_apicid(op.phys_id), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_get_physid, 0, NULL), -XEN_EFAULT);
}
