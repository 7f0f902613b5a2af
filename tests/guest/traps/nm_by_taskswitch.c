/* SPDX-License-Identifier: MIT */
/*
 * fpu_taskswitch(1) sets the guest's TS: the next vector instruction is a #NM, which clears TS by
 * itself, so that the one after it works. TS is visible in CR0; fpu_taskswitch(0) clears it.
 * [TRAP-12] */
#include "harness.h"

#define CR0_TS 8ul

static unsigned long read_cr0(void)
{
    unsigned long cr0;

    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    return cr0;
}

TEST("nm_by_taskswitch", "TS gives one #NM, which clears it")
{
    struct fault f;

    CHECK_EQ(read_cr0() & CR0_TS, 0);
    CHECK_RC(hypercall_fpu_taskswitch(1), 0);
    CHECK_EQ(read_cr0() & CR0_TS, CR0_TS);
    f = TRY_ASM("movd %0, %%xmm3", : : "r"(5) : "memory");
    CHECK_FAULT(f, TRAP_NM);
    CHECK_EQ(f.error_code, 0);
    CHECK_EQ(read_cr0() & CR0_TS, 0);
    f = TRY_ASM("movd %0, %%xmm3", : : "r"(5) : "memory");
    CHECK_NO_FAULT(f);

    CHECK_RC(hypercall_fpu_taskswitch(1), 0);
    f = TRY_ASM("fnop", : : : "memory");
    CHECK_FAULT(f, TRAP_NM);

    CHECK_RC(hypercall_fpu_taskswitch(1), 0);
    CHECK_RC(hypercall_fpu_taskswitch(0), 0);
    f = TRY_ASM("fnop", : : : "memory");
    CHECK_NO_FAULT(f);

    /* Any value but 0 sets it. */
    CHECK_RC(hypercall_fpu_taskswitch(2), 0);
    CHECK_EQ(read_cr0() & CR0_TS, CR0_TS);
}
