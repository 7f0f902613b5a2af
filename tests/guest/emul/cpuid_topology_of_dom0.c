/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* The control domain sees how many processors the machine's packages have, but no APIC id of its own. [CPU-1] */
#include "harness.h"

TEST("cpuid_topology_of_dom0", "the control domain sees the number of processors of a package")
{
    uint32_t r[4];

    pv_cpuid(1, 0, r);
    CHECK_EQ(r[1] >> 24, 0);
    CHECK_EQ(r[1] >> 16 & 0xff, 2);
    CHECK_EQ(r[3] >> 28 & 1, 1); /* HTT */
    pv_cpuid(0x80000001, 0, r);
    CHECK_EQ(r[2] >> 1 & 1, 1); /* CMP_LEGACY */
    pv_cpuid(0x80000008, 0, r);
    CHECK_EQ(r[2], 0x1001);
    pv_cpuid(0x40000003, 1, r);
    CHECK_EQ(r[0] | r[1] | r[2] | r[3], 0);
}
