/* SPDX-License-Identifier: MIT */
/* platform_op and mca of another interface version are refused, whatever they ask; an unreadable one before that. [PLT-1] */
#include "platform.h"
#include <xen/arch-x86/xen-mca.h>

TEST("interface_version", "platform_op and mca take their own interface version only")
{
    struct xen_mc mc = {.cmd = XEN_MC_physcpuinfo, .interface_version = XEN_MCA_INTERFACE_VERSION + 1};

    CHECK_RC(hypercall_platform_op((void *)8), -XEN_EFAULT);
    op.cmd = XENPF_get_cpuinfo;
    op.interface_version = XENPF_INTERFACE_VERSION - 1;
    CHECK_RC(hypercall_platform_op(&op), -XEN_EACCES);
    op.cmd = 9999;
    CHECK_RC(hypercall_platform_op(&op), -XEN_EACCES);
    CHECK_RC(platform(9999), -XEN_ENOSYS);
    CHECK_RC(platform(XENPF_get_cpuinfo), 0);
    CHECK_RC(hypercall_mca(&mc), -XEN_EACCES);
}
