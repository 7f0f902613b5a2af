/* SPDX-License-Identifier: MIT */
/* Settings of a domain, each with values out of its range. */
#include "ops.h"

static domid_t id;

#define SET(cmd, field, value, wanted)                                                             \
    do {                                                                                           \
        clear_dop();                                                                               \
        dop.u.field = (value);                                                                     \
        CHECK_RC(domctl(cmd, id), wanted);                                                         \
    } while (0)

static void rights(void)
{
    clear_dop();
    dop.u.ioport_permission.first_port = 65535;
    dop.u.ioport_permission.nr_ports = 2;
    CHECK_RC(domctl(XEN_DOMCTL_ioport_permission, id), -XEN_EINVAL);
    SET(XEN_DOMCTL_ioport_permission, ioport_permission.nr_ports, ~0u, -XEN_EINVAL);
    SET(XEN_DOMCTL_ioport_permission, ioport_permission.nr_ports, 0, -XEN_EINVAL);
    clear_dop();
    dop.u.iomem_permission.first_mfn = ~0ull;
    dop.u.iomem_permission.nr_mfns = 2;
    CHECK_RC(domctl(XEN_DOMCTL_iomem_permission, id), -XEN_EINVAL);
    SET(XEN_DOMCTL_irq_permission, irq_permission.pirq, 0, -XEN_EPERM);
}

static void page_info(void)
{
    static uint64_t list[4] = {0, ~0ull, 1ull << 40, 0x100000000};

    SET(XEN_DOMCTL_getpageframeinfo3, getpageframeinfo3.num, 1025, -XEN_E2BIG);
    SET(XEN_DOMCTL_getpageframeinfo3, getpageframeinfo3.num, 1ull << 32, -XEN_E2BIG);
    SET(XEN_DOMCTL_getpageframeinfo3, getpageframeinfo3.num, ~0ull, -XEN_E2BIG);
    SET(XEN_DOMCTL_getpageframeinfo3, getpageframeinfo3.num, 0, 0);
    clear_dop();
    dop.u.getpageframeinfo3.num = 4;
    set_xen_guest_handle(dop.u.getpageframeinfo3.array, (xen_pfn_t *)list);
    CHECK_RC(domctl(XEN_DOMCTL_getpageframeinfo3, id), 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(list[i], XEN_DOMCTL_PFINFO_XTAB); /* nothing of it is this domain's */
    clear_dop();
    dop.u.getpageframeinfo3.num = 4;
    set_xen_guest_handle(dop.u.getpageframeinfo3.array, (xen_pfn_t *)0xffff800000000000ul);
    CHECK_RC(domctl(XEN_DOMCTL_getpageframeinfo3, id), -XEN_EFAULT);
}

static void policy(void)
{
    static xen_cpuid_leaf_t leaves[2] = {{.leaf = 1, .subleaf = XEN_CPUID_NO_SUBLEAF}};
    static xen_msr_entry_t msrs[2] = {{.idx = 0x10}};

    SET(XEN_DOMCTL_get_cpu_policy, cpu_policy.nr_leaves, 0, 0);
    clear_dop();
    dop.u.cpu_policy.nr_leaves = 1;
    set_xen_guest_handle(dop.u.cpu_policy.leaves, leaves);
    CHECK_RC(domctl(XEN_DOMCTL_get_cpu_policy, id), -XEN_ENOBUFS);
    leaves[0].leaf = 0x1234;
    clear_dop();
    dop.u.cpu_policy.nr_leaves = 1;
    set_xen_guest_handle(dop.u.cpu_policy.leaves, leaves);
    CHECK_RC(domctl(XEN_DOMCTL_set_cpu_policy, id), -XEN_ERANGE);
    CHECK_EQ(dop.u.cpu_policy.err_leaf, 0x1234);
    leaves[0] = (xen_cpuid_leaf_t){.leaf = 0, .subleaf = XEN_CPUID_NO_SUBLEAF, .a = 0xffff};
    clear_dop();
    dop.u.cpu_policy.nr_leaves = 1;
    set_xen_guest_handle(dop.u.cpu_policy.leaves, leaves);
    CHECK_RC(domctl(XEN_DOMCTL_set_cpu_policy, id), -XEN_EINVAL);
    clear_dop();
    dop.u.cpu_policy.nr_msrs = 1;
    set_xen_guest_handle(dop.u.cpu_policy.msrs, msrs);
    CHECK_RC(domctl(XEN_DOMCTL_set_cpu_policy, id), -XEN_ERANGE);
}

TEST("setting_arguments", "settings out of range are refused, each with its error")
{
    id = new_domain(1);
    SET(XEN_DOMCTL_set_address_size, address_size.size, 64, 0);
    SET(XEN_DOMCTL_set_address_size, address_size.size, 16, -XEN_EINVAL);
    SET(XEN_DOMCTL_settscinfo, tsc_info.tsc_mode, 7, -XEN_EINVAL);
    SET(XEN_DOMCTL_scheduler_op, scheduler_op.sched_id, 5, -XEN_EINVAL);
    SET(XEN_DOMCTL_set_virq_handler, set_virq_handler.virq, VIRQ_TIMER, -XEN_EINVAL);
    SET(XEN_DOMCTL_set_virq_handler, set_virq_handler.virq, 24, -XEN_EINVAL);
    SET(XEN_DOMCTL_hypercall_init, hypercall_init.gmfn, ~0ull, -XEN_EINVAL);
    SET(XEN_DOMCTL_max_vcpus, max_vcpus.max, 2, -XEN_EINVAL);
    SET(XEN_DOMCTL_max_mem, max_mem.max_memkb, ~0ull, 0);
    SET(XEN_DOMCTL_setnodeaffinity, nodeaffinity.nodemap.nr_bits, 0, -XEN_EINVAL);
    rights();
    page_info();
    policy();
    destroy(id);
}
