/* SPDX-License-Identifier: MIT */
/* vcpu_op with structures that are not there; vCPU 1 is not up, so that it could be initialised. */
/* TEST-REQUIRES: smp=2 */
#include "pointers.h"

TEST("vcpu_op_bad_pointer", "vcpu_op with a bad argument is EFAULT")
{
    static const int cmds[] = {VCPUOP_get_runstate_info,  VCPUOP_register_runstate_memory_area,
                               VCPUOP_set_periodic_timer, VCPUOP_set_singleshot_timer,
                               VCPUOP_register_vcpu_info, VCPUOP_register_vcpu_time_memory_area};

    CHECK_BAD_POINTERS(hypercall_vcpu_op(VCPUOP_initialise, 1, p), -XEN_EFAULT);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        int cmd = cmds[i];

        CHECK_RC(hypercall_vcpu_op(cmd, 0, NULL), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_vcpu_op(cmd, 0, p), -XEN_EFAULT);
    }
    CHECK_ALIVE();
}
