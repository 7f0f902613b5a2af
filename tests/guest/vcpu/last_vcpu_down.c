/* SPDX-License-Identifier: MIT */
/* The last vCPU that goes down powers the domain off: the call must not come back. */
#include "harness.h"

TEST("last_vcpu_down", "a domain whose last vCPU goes down is powered off")
{
    console_flush();
    printf("Test result: SUCCESS\n");
    console_flush();
    hypercall_vcpu_op(VCPUOP_down, 0, NULL);
    printf("Test result: FAILURE: the vCPU goes on\n");
}
