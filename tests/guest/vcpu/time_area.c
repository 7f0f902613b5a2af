/* SPDX-License-Identifier: MIT */
/* The second copy of the clock, in memory of the guest's choice. */
#include "harness.h"

TEST("time_area", "a registered time area is a copy of the vcpu_info's clock")
{
    static struct vcpu_time_info area;
    const struct vcpu_time_info *mine = &this_cpu()->info->time;
    struct vcpu_register_time_memory_area op = {.addr.p = (unsigned long)&area};

    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &op), 0);
    CHECK(!(area.version & 1), "the version is %u", area.version);
    CHECK_EQ(area.tsc_to_system_mul, mine->tsc_to_system_mul);
    CHECK_EQ(area.tsc_shift, mine->tsc_shift);
    CHECK_EQ(area.tsc_timestamp, mine->tsc_timestamp);
    CHECK_EQ(area.system_time, mine->system_time);
    op.addr.p = HYPERVISOR_VIRT_START;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &op), -XEN_EFAULT);
}
