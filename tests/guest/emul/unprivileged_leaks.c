/* SPDX-License-Identifier: MIT */
/*
 * Instructions that tell about the machine without privilege run natively: sgdt, sidt, sldt, str,
 * smsw, rdtsc, and cpuid without prefix. They must at least do no harm.
 */
#include "harness.h"

TEST("sgdt_and_others_run", "sgdt, sidt, sldt, str, smsw and rdtsc do not fault")
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) table = {0, 0};
    unsigned long value = 0;
    uint64_t tsc;

    CHECK_NO_FAULT(TRY_ASM("sgdt %0", : "=m"(table) : : "memory"));
    /* The hypervisor's part of the GDT begins at 0xe000. */
    CHECK(table.limit >= 0xe03f, "GDT limit %x", table.limit);
    CHECK_NO_FAULT(TRY_ASM("sidt %0", : "=m"(table) : : "memory"));
    CHECK_NO_FAULT(TRY_ASM("sldt %0", : "=r"(value)));
    CHECK_EQ(value, 0);
    CHECK_NO_FAULT(TRY_ASM("str %0", : "=r"(value)));
    CHECK_NO_FAULT(TRY_ASM("smsw %0", : "=r"(value)));
    CHECK_EQ(value & 1, 1);
    tsc = rdtsc();
    CHECK(rdtsc() > tsc, "the TSC stands still");
}
