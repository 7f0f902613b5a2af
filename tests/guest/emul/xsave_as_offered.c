/* SPDX-License-Identifier: MIT */
/*
 * XSAVE is offered in full or not at all. Without the bit in CPUID xgetbv and xsetbv are #UD; with
 * it xsetbv is emulated once CR4.OSXSAVE is set, and refuses to switch the x87 state off. [CPU-2]
 */
#include "harness.h"

#define CPUID_XSAVE (1u << 26)
#define CPUID_OSXSAVE (1u << 27)
#define CR4_OSXSAVE (1ul << 18)

static struct fault xsetbv(uint32_t index, uint64_t value)
{
    return TRY_ASM("xsetbv", : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

TEST("xsave_as_offered", "xgetbv and xsetbv work if CPUID offers XSAVE, and else are #UD")
{
    uint32_t r[4], xcr0 = 0;
    unsigned long cr4;
    struct fault f;

    pv_cpuid(1, 0, r);
    if (!(r[2] & CPUID_XSAVE)) {
        CHECK_EQ(r[2] & CPUID_OSXSAVE, 0);
        CHECK_FAULT(TRY_ASM("xgetbv", : : "c"(0) : "rax", "rdx"), TRAP_UD);
        CHECK_FAULT(xsetbv(0, 1), TRAP_UD);
        return;
    }
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    asm volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE));
    pv_cpuid(1, 0, r);
    CHECK_EQ(r[2] & CPUID_OSXSAVE, CPUID_OSXSAVE);
    CHECK_NO_FAULT(xsetbv(0, 3));
    f = TRY_ASM("xgetbv", : "=a"(xcr0) : "c"(0) : "rdx");
    CHECK_NO_FAULT(f);
    CHECK_EQ(xcr0, 3);
    CHECK_FAULT(xsetbv(0, 2), TRAP_GP);
    CHECK_FAULT(xsetbv(1, 1), TRAP_GP);
}
