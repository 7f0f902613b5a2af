/* SPDX-License-Identifier: MIT */
/* The first hypercall of any guest. Passes when all sources of the version say 4.17. [ABI-1] */
#include "harness.h"

TEST("xen_version_is_4_17", "XENVER_version, the CPUID leaf and the capabilities agree on 4.17")
{
    xen_capabilities_info_t caps;
    uint32_t r[4];

    CHECK_RC(hypercall_xen_version(XENVER_version, NULL), 4 << 16 | 17);

    pv_cpuid(0x40000000, 0, r);
    CHECK(memcmp(&r[1], "XenVMMXenVMM", 12) == 0, "signature %.12s", (char *)&r[1]);
    pv_cpuid(0x40000001, 0, r);
    CHECK_EQ(r[0], 4 << 16 | 17);

    CHECK_RC(hypercall_xen_version(XENVER_capabilities, caps), 0);
    CHECK(strstr(caps, "xen-3.0-x86_64 "), "capabilities \"%s\"", caps);
    CHECK_RC(hypercall_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
}
