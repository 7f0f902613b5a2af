/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Physical CPUs: get_cpuinfo and get_cpu_version list them, online is done, the first cannot go offline. */
#include "platform.h"

TEST("cpus", "get_cpuinfo and get_cpu_version know each CPU, and which there is not")
{
    op.u.pcpu_info = (struct xenpf_pcpuinfo){.xen_cpuid = 1, .flags = 0xff};
    CHECK_RC(platform(XENPF_get_cpuinfo), 0);
    CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
    CHECK_EQ(op.u.pcpu_info.max_present, 1);
    CHECK_EQ(op.u.pcpu_info.apic_id, 1);
    CHECK_EQ(op.u.pcpu_info.acpi_id, 1);
    op.u.pcpu_info = (struct xenpf_pcpuinfo){.xen_cpuid = 2, .apic_id = 77};
    CHECK_RC(platform(XENPF_get_cpuinfo), 0);
    CHECK_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    CHECK_EQ(op.u.pcpu_info.apic_id, 77);
    CHECK_EQ(op.u.pcpu_info.max_present, 1);

    op.u.pcpu_version = (struct xenpf_pcpu_version){.xen_cpuid = 1};
    CHECK_RC(platform(XENPF_get_cpu_version), 0);
    CHECK(!memcmp(op.u.pcpu_version.vendor_id, "AuthenticAMD", 12), "another vendor");
    CHECK_EQ(op.u.pcpu_version.family, 15);
    CHECK_EQ(op.u.pcpu_version.model, 107);
    CHECK_EQ(op.u.pcpu_version.stepping, 1);
    CHECK_EQ(op.u.pcpu_version.max_present, 1);
    op.u.pcpu_version.xen_cpuid = 2;
    CHECK_RC(platform(XENPF_get_cpu_version), 0);
    CHECK_EQ(op.u.pcpu_version.family, 0);
    CHECK_EQ(op.u.pcpu_version.vendor_id[0], 0);

    op.u.cpu_ol.cpuid = 1;
    CHECK_RC(platform(XENPF_cpu_online), 0);
    op.u.cpu_ol.cpuid = 2;
    CHECK_RC(platform(XENPF_cpu_online), -XEN_EINVAL);
    CHECK_RC(platform(XENPF_cpu_offline), -XEN_EINVAL);
    op.u.cpu_ol.cpuid = 0;
    CHECK_RC(platform(XENPF_cpu_offline), -XEN_EOPNOTSUPP);
}
