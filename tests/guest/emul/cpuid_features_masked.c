/* SPDX-License-Identifier: MIT */
/*
 * A PV kernel must not be shown what it cannot use: superpages, global pages, virtual 8086 mode,
 * SYSENTER, VT-x and SVM, MONITOR, x2APIC, SMEP and SMAP. It must be shown what it needs. [CPU-1]
 */
#include "harness.h"

#define BIT(n) (1u << (n))

TEST("cpuid_features_masked", "CPUID hides what a PV kernel cannot use and shows what it needs")
{
    const uint32_t hidden_1d = BIT(1) | BIT(3) | BIT(11) | BIT(13) | BIT(17); /* VME PSE SEP PGE */
    const uint32_t needed_1d = BIT(0) | BIT(4) | BIT(5) | BIT(6) | BIT(8) | BIT(15) | BIT(16) |
                               BIT(19) | BIT(23) | BIT(24) | BIT(25) | BIT(26);
    const uint32_t hidden_1c = BIT(3) | BIT(5) | BIT(17) | BIT(21) | BIT(24);
    uint32_t r[4];

    pv_cpuid(1, 0, r);
    CHECK_EQ(r[3] & hidden_1d, 0);
    CHECK_EQ(r[3] & needed_1d, needed_1d);
    CHECK_EQ(r[2] & hidden_1c, 0);
    CHECK(r[2] & BIT(31), "the hypervisor bit is clear");

    pv_cpuid(7, 0, r);
    CHECK_EQ(r[1] & (BIT(7) | BIT(10) | BIT(20)), 0); /* SMEP INVPCID SMAP */
    CHECK_EQ(r[2] & (BIT(2) | BIT(3) | BIT(16)), 0);  /* UMIP PKU LA57 */

    pv_cpuid(0x80000001, 0, r);
    CHECK_EQ(r[2] & BIT(2), 0);                                                  /* SVM */
    CHECK_EQ(r[3] & BIT(26), 0);                                                 /* 1G pages */
    CHECK_EQ(r[3] & (BIT(11) | BIT(20) | BIT(29)), BIT(11) | BIT(20) | BIT(29)); /* SYSCALL NX LM */

    /* Leaves that are not there are zero. */
    pv_cpuid(0x90000000, 0, r);
    CHECK_EQ(r[0] | r[1] | r[2] | r[3], 0);
    pv_cpuid(0x80000000, 0, r);
    CHECK(r[0] >= 0x80000008 && r[0] < 0x80000100, "highest extended leaf %x", r[0]);
}
