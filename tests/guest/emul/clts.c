/* SPDX-License-Identifier: MIT */
/* clts clears the guest's TS: no #NM. lmsw, which could as well, is not emulated. */
#include "harness.h"

TEST("clts_clears_ts", "clts undoes fpu_taskswitch(1)")
{
    unsigned long cr0;

    CHECK_RC(hypercall_fpu_taskswitch(1), 0);
    CHECK_FAULT(TRY_ASM("fnop", :), TRAP_NM);
    CHECK_RC(hypercall_fpu_taskswitch(1), 0);
    CHECK_NO_FAULT(TRY_ASM("clts", :));
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    CHECK_EQ(cr0 & 8, 0);
    CHECK_NO_FAULT(TRY_ASM("fnop", :));
    CHECK_FAULT(TRY_ASM("lmsw %%ax", : : "a"(0x3b)), TRAP_GP);
}
