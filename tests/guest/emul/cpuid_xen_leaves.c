/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's leaves, seen with the forced prefix: signature and highest leaf, version, the
 * hypercall page's MSR and the features, machine address width; zeroes beyond and 0x100 further on.
 * [CPU-3] */
#include "harness.h"

static uint32_t r[4];

static void leaf(uint32_t n)
{
    pv_cpuid(n, 0, r);
}

TEST("cpuid_xen_leaves", "leaves 0x40000000 to 5 are Xen's for a PV guest, and there is one set")
{
    leaf(0x40000000);
    CHECK_EQ(r[0], 0x40000005);
    CHECK(memcmp(&r[1], "XenVMMXenVMM", 12) == 0, "signature %.12s", (char *)&r[1]);
    leaf(0x40000001);
    CHECK_EQ(r[0], 0x00040011);
    CHECK_EQ(r[1] | r[2] | r[3], 0);
    leaf(0x40000002);
    CHECK_EQ(r[0], 1);
    CHECK_EQ(r[1], 0x40000000);
    CHECK_EQ(r[2], 1); /* MMU_PT_UPDATE_PRESERVE_AD */
    CHECK_EQ(r[3], 0);
    leaf(0x40000004);
    CHECK_EQ(r[0] | r[1] | r[2] | r[3], 0);
    leaf(0x40000005);
    CHECK_EQ(r[0] | r[2] | r[3], 0);
    CHECK(r[1] >= 28 && r[1] <= 44, "machine addresses of %u bits", r[1]);
    leaf(0x40000006);
    CHECK_EQ(r[0] | r[1] | r[2] | r[3], 0);
    leaf(0x40000100);
    CHECK_EQ(r[0] | r[1] | r[2] | r[3], 0);
}
