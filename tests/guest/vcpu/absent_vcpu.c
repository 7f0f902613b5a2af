/* SPDX-License-Identifier: MIT */
/* A vCPU that the domain does not have is ENOENT, whatever is asked of it; then the operation. */
#include "harness.h"

static const int ops[] = {
    VCPUOP_initialise,
    VCPUOP_up,
    VCPUOP_down,
    VCPUOP_is_up,
    VCPUOP_get_runstate_info,
    VCPUOP_register_runstate_memory_area,
    VCPUOP_set_periodic_timer,
    VCPUOP_stop_periodic_timer,
    VCPUOP_set_singleshot_timer,
    VCPUOP_stop_singleshot_timer,
    VCPUOP_register_vcpu_info,
    VCPUOP_send_nmi,
    VCPUOP_get_physid,
    VCPUOP_register_vcpu_time_memory_area,
    4,
    99,
};

TEST("absent_vcpu", "every vcpu_op on a vCPU that is not there is ENOENT")
{
    unsigned int n = smp_count();

    for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long a = hypercall_vcpu_op(ops[i], n, NULL), b = hypercall_vcpu_op(ops[i], ~0u, NULL);

        CHECK(a == -XEN_ENOENT && b == -XEN_ENOENT, "operation %d gives %ld, %ld", ops[i], a, b);
    }
}
