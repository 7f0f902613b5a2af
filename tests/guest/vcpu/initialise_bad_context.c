/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * VCPUOP_initialise with contexts that must not run: a root table that is none, GDT frames that are
 * page tables or nobody's, too many of them, an LDT in the hypervisor. A pass: an error, and the
 * same vCPU can be initialised properly afterwards. [VCPU-2]
 */
#include "harness.h"

static struct vcpu_guest_context ctx;

static long try(void)
{
    return hypercall_vcpu_op(VCPUOP_initialise, 1, &ctx);
}

TEST("initialise_bad_context", "a vCPU is not initialised with tables that are not the domain's")
{
    unsigned long page;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    page = va_to_mfn(page_alloc());

    smp_context(1, &ctx);
    ctx.ctrlreg[3] = xen_pfn_to_cr3(page);
    CHECK_RC(try(), -XEN_EINVAL);
    ctx.ctrlreg[3] = xen_pfn_to_cr3(1ul << 38);
    CHECK_RC(try(), -XEN_EINVAL);
    ctx.ctrlreg[3] = 0;
    CHECK_RC(try(), -XEN_EINVAL);
    smp_context(1, &ctx);
    ctx.ctrlreg[1] = xen_pfn_to_cr3(page);
    CHECK_RC(try(), -XEN_EINVAL);

    smp_context(1, &ctx);
    ctx.gdt_ents = 512;
    ctx.gdt_frames[0] = kernel_aspace.l4_mfn;
    CHECK_RC(try(), -XEN_EINVAL);
    ctx.gdt_frames[0] = 1ul << 40;
    CHECK_RC(try(), -XEN_EINVAL);
    ctx.gdt_ents = 8192;
    CHECK_RC(try(), -XEN_EINVAL);

    smp_context(1, &ctx);
    ctx.ldt_base = HYPERVISOR_VIRT_START;
    ctx.ldt_ents = 8;
    CHECK_RC(try(), -XEN_EINVAL);
    ctx.ldt_base = 0x123;
    CHECK_RC(try(), -XEN_EINVAL);

    CHECK_RC(hypercall_vcpu_op(VCPUOP_initialise, 1, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL);
    CHECK_RC(smp_start(1), 0);
}
