/* SPDX-License-Identifier: MIT */
/*
 * Port I/O at the IOPL that a domain starts with is #GP, for the kernel too, also to port 0x80 that
 * hurts nobody. [EMU-3]
 */
#include "harness.h"

TEST("io_needs_iopl", "in and out are #GP before any IOPL was set")
{
    struct fault f;

    f = TRY_ASM("in $0x80, %%al", : : : "rax");
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, 0);
    CHECK_FAULT(TRY_ASM("out %%al, $0x80", : : "a"(0)), TRAP_GP);
    CHECK_FAULT(TRY_ASM("in %%dx, %%eax", : : "d"(0xcf8) : "rax"), TRAP_GP);
    CHECK_FAULT(TRY_ASM("cli", :), TRAP_GP);
    CHECK_FAULT(TRY_ASM("sti", :), TRAP_GP);
}
