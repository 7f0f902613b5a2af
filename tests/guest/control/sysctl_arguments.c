/* SPDX-License-Identifier: MIT */
/* sysctl: unknown operations, lists that are too small or nowhere, indices out of range. */
#include "ops.h"

#define NOWHERE ((void *)0xffff800000000000ul)

static void unknown(void)
{
    static const uint32_t none[] = {0, 5, 13, 15, 24, 28, 30, 31, 1000, ~0u};

    for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CHECK_RC(sysctl0(none[i]), -XEN_ENOSYS);
}

static void lists(void)
{
    static struct xen_domctl_getdomaininfo info[2];

    clear_sop();
    sop.u.getdomaininfolist.max_domains = 2;
    set_xen_guest_handle(sop.u.getdomaininfolist.buffer, info);
    CHECK_RC(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
    CHECK_EQ(sop.u.getdomaininfolist.num_domains, 1);
    CHECK_EQ(info[0].domain, 0);
    clear_sop();
    sop.u.getdomaininfolist.max_domains = ~0u;
    set_xen_guest_handle(sop.u.getdomaininfolist.buffer, NOWHERE);
    CHECK_RC(sysctl(XEN_SYSCTL_getdomaininfolist), -XEN_EFAULT);
    clear_sop();
    sop.u.getcpuinfo.max_cpus = ~0u;
    set_xen_guest_handle(sop.u.getcpuinfo.info, NOWHERE);
    CHECK_RC(sysctl(XEN_SYSCTL_getcpuinfo), -XEN_EFAULT);
    clear_sop();
    sop.u.debug_keys.nr_keys = ~0u;
    set_xen_guest_handle(sop.u.debug_keys.keys, NOWHERE);
    CHECK_RC(sysctl(XEN_SYSCTL_debug_keys), -XEN_EFAULT);
    clear_sop();
    sop.u.cputopoinfo.num_cpus = ~0u;
    set_xen_guest_handle(sop.u.cputopoinfo.cputopo, NOWHERE);
    CHECK_RC(sysctl(XEN_SYSCTL_cputopoinfo), -XEN_EFAULT);
    clear_sop();
    sop.u.numainfo.num_nodes = ~0u;
    set_xen_guest_handle(sop.u.numainfo.meminfo, NOWHERE);
    CHECK_RC(sysctl(XEN_SYSCTL_numainfo), -XEN_EFAULT);
}

static void policies(void)
{
    static uint32_t words[64];

    clear_sop();
    sop.u.cpu_policy.index = 6;
    CHECK_RC(sysctl(XEN_SYSCTL_get_cpu_policy), -XEN_EINVAL);
    clear_sop();
    sop.u.cpu_policy._rsvd = 1;
    CHECK_RC(sysctl(XEN_SYSCTL_get_cpu_policy), -XEN_EINVAL);
    clear_sop();
    CHECK_RC(sysctl(XEN_SYSCTL_get_cpu_featureset), 0);
    CHECK_EQ(sop.u.cpu_featureset.nr_features, 19);
    clear_sop();
    sop.u.cpu_featureset.nr_features = 2;
    set_xen_guest_handle(sop.u.cpu_featureset.features, words);
    CHECK_RC(sysctl(XEN_SYSCTL_get_cpu_featureset), -XEN_ENOBUFS);
    CHECK_EQ(words[2], 0);
}

TEST("sysctl_arguments", "unknown, oversized and misdirected sysctls give an error each")
{
    unknown();
    lists();
    policies();
    clear_sop();
    sop.u.scheduler_op.cpupool_id = 3;
    CHECK_RC(sysctl(XEN_SYSCTL_scheduler_op), -XEN_ESRCH);
    clear_sop();
    sop.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    sop.u.cpupool_op.cpupool_id = 1;
    CHECK_RC(sysctl(XEN_SYSCTL_cpupool_op), -XEN_ENOENT);
    clear_sop();
    sop.u.cpupool_op.op = 77;
    CHECK_RC(sysctl(XEN_SYSCTL_cpupool_op), -XEN_ENOSYS);
    CHECK_RC(sysctl0(XEN_SYSCTL_pcitopoinfo), -XEN_EINVAL);
}
