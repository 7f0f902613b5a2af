/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Moving the vcpu_info of another vCPU that is up: it could be looking at the old one. */
#include "harness.h"

TEST("register_info_of_running", "the vcpu_info of another vCPU that is up cannot be moved")
{
    struct vcpu_register_vcpu_info op = {.mfn = va_to_mfn(page_alloc())};

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 1, &op), -XEN_EINVAL);
}
