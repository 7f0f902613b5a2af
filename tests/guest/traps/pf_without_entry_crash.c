/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* A page fault when the table has entries, but none for it, is not delivered elsewhere: the end. */
#include "catch.h"

TEST("pf_without_entry_crashes", "a #PF without an entry kills the domain, though #GP has one")
{
    struct fault f;

    CHECK_RC(hypercall_set_trap_table(NULL), 0);
    route_vector(TRAP_GP, TI_MASK_EVENTS, TRAP_GP);
    route_vector(TRAP_DF, TI_MASK_EVENTS, TRAP_DF);
    f = TRY_ASM("mov %0, %%es", : : "r"(0x68));
    CHECK_FAULT(f, TRAP_GP);
    test_expect_crash();
    asm volatile("movb $1, 8" : : : "memory");
}
