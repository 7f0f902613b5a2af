/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * register_vcpu_info with frames and offsets that will not do, for a vCPU that runs, twice. A pass:
 * errors, and events still come to where they came before. [VCPU-3]
 */
#include "harness.h"

static long reg(unsigned int vcpu, unsigned long mfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info op = {.mfn = mfn, .offset = offset};

    return hypercall_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &op);
}

TEST("register_info_refusals", "vcpu_info moves once, into a page of the domain")
{
    unsigned long mfn = va_to_mfn(page_alloc());
    char *second = page_alloc();

    CHECK_RC(reg(0, mfn, PAGE_SIZE - sizeof(struct vcpu_info) + 8), -XEN_ENXIO);
    CHECK_RC(reg(0, mfn, PAGE_SIZE), -XEN_ENXIO);
    CHECK_RC(reg(0, mfn, ~0u), -XEN_ENXIO);
    CHECK_RC(reg(0, mfn, 4), -XEN_ENXIO);
    CHECK_RC(reg(0, mfn, 1), -XEN_ENXIO);
    CHECK_RC(reg(0, 1ul << 40, 0), -XEN_EINVAL);
    CHECK_RC(reg(0, kernel_aspace.l4_mfn, 0), -XEN_EINVAL);
    CHECK_EQ(this_cpu()->info->evtchn_upcall_pending, 0);
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(reg(1, mfn, 0), 0);
    CHECK_RC(reg(1, va_to_mfn(second), 0), -XEN_EINVAL);
    CHECK_RC(reg(1, mfn, 0), -XEN_EINVAL);

    /* To the very end of a page. With events masked: the library must learn of the move first. */
    events_disable();
    CHECK_RC(reg(0, va_to_mfn(second), PAGE_SIZE - sizeof(struct vcpu_info)), 0);
    this_cpu()->info = (struct vcpu_info *)(second + PAGE_SIZE) - 1;
    CHECK_RC(reg(0, va_to_mfn(second), 0), -XEN_EINVAL);
}
