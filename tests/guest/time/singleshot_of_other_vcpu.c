/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* The singleshot timer is set and stopped by its own vCPU only; the periodic one by any. */
#include "tick.h"

TEST("singleshot_of_other_vcpu", "the singleshot timer of another vCPU cannot be touched")
{
    struct vcpu_set_singleshot_timer single = {.timeout_abs_ns = 1};
    struct vcpu_set_periodic_timer period = {.period_ns = 100 * NS_PER_MS};

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 1, &single), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 1, NULL), -XEN_EINVAL);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 1, &period), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 1, NULL), 0);
}
