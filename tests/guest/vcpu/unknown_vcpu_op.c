/* SPDX-License-Identifier: MIT */
/* Numbers without an operation, and bad pointers for those with one. */
#include "harness.h"

static const int ops[] = {
    VCPUOP_get_runstate_info,  VCPUOP_register_runstate_memory_area,
    VCPUOP_set_periodic_timer, VCPUOP_set_singleshot_timer,
    VCPUOP_register_vcpu_info, VCPUOP_register_vcpu_time_memory_area,
};

TEST("unknown_vcpu_op", "unknown vcpu_ops are ENOSYS, unreadable arguments EFAULT")
{
    CHECK_RC(hypercall_vcpu_op(14, 0, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_vcpu_op(-1, 0, NULL), -XEN_ENOSYS);
    for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long rc = hypercall_vcpu_op(ops[i], 0, (void *)HYPERVISOR_VIRT_START);

        CHECK(rc == -XEN_EFAULT, "operation %d gives %ld", ops[i], rc);
    }
}
