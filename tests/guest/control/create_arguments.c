/* SPDX-License-Identifier: MIT */
/* Each field of createdomain with values it may and may not have. */
#include "ops.h"

#define CREATE(field, value, wanted)                                                               \
    do {                                                                                           \
        create_args(2)->field = (value);                                                           \
        CHECK_RC(create_domain(), wanted);                                                         \
        if ((wanted) == 0)                                                                         \
            destroy(dop.domain);                                                                   \
    } while (0)

TEST("create_arguments", "createdomain takes what a PV domain may have and refuses the rest")
{
    unsigned long before;
    domid_t id;

    destroy(new_domain(2)); /* what is allocated once and kept */
    before = free_pages();
    CREATE(flags, XEN_DOMCTL_CDF_oos_off, 0);
    CREATE(flags, XEN_DOMCTL_CDF_xs_domain, 0);
    CREATE(flags, XEN_DOMCTL_CDF_hap, -XEN_EINVAL);
    CREATE(flags, XEN_DOMCTL_CDF_iommu, -XEN_EINVAL);
    CREATE(flags, XEN_DOMCTL_CDF_nested_virt, -XEN_EINVAL);
    CREATE(flags, XEN_DOMCTL_CDF_vpmu, -XEN_EINVAL);
    CREATE(flags, 0x80000000, -XEN_EINVAL);
    CREATE(iommu_opts, 1, -XEN_EINVAL);
    CREATE(max_vcpus, 0, -XEN_EINVAL);
    CREATE(max_vcpus, 8193, -XEN_EINVAL);
    CREATE(max_vcpus, ~0u, -XEN_EINVAL);
    CREATE(max_grant_frames, 0, -XEN_EINVAL);
    CREATE(max_grant_frames, 1, 0);
    CREATE(max_grant_frames, 100000, -XEN_EINVAL);
    CREATE(max_maptrack_frames, 0, 0);
    CREATE(grant_opts, 0, -XEN_EINVAL);
    CREATE(grant_opts, 3, -XEN_EINVAL);
    CREATE(grant_opts, 0x11, -XEN_EINVAL);
    CREATE(vmtrace_size, 4096, -XEN_EINVAL);
    CREATE(cpupool_id, 1, -XEN_ESRCH);
    CREATE(arch.emulation_flags, XEN_X86_EMU_LAPIC, -XEN_EOPNOTSUPP);
    CREATE(arch.emulation_flags, 0x800, -XEN_EINVAL);
    CREATE(arch.misc_flags, 2, -XEN_EINVAL);
    CREATE(max_evtchn_port, ~0u, 0);

    create_args(1);
    CHECK_RC(domctl(XEN_DOMCTL_createdomain, 5), 0);
    CHECK_EQ(dop.domain, 5);
    create_args(1);
    CHECK_RC(domctl(XEN_DOMCTL_createdomain, 5), -XEN_EEXIST);
    destroy(5);
    create_args(1);
    CHECK_RC(domctl(XEN_DOMCTL_createdomain, DOMID_INVALID), 0);
    id = dop.domain;
    CHECK(id && id < DOMID_FIRST_RESERVED, "number %u", id);
    destroy(id);
    expect_free_pages(before);
}
