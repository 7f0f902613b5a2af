/* SPDX-License-Identifier: MIT */
/* TF in the rflags that user mode is entered with: a #DB after its first instruction. */
#include "usercode.h"

USER_CODE(steps, "nop\n\tnop\n\tnop\n\tud2\n");

TEST("single_step_user", "iret with TF to user mode steps one instruction at a time")
{
    struct user u = user_make(steps_begin, steps_end);

    u.regs.rflags |= RFLAGS_TF;
    for (unsigned int i = 1; i <= 2; i++) {
        user_run(&u.as, &u.regs);
        CHECK_EQ(u.regs.vector, TRAP_DB);
        CHECK_EQ(u.regs.rip, USER_BASE + i);
        CHECK_EQ(u.regs.cs, FLAT_USER_CS64);
        CHECK(u.regs.rflags & RFLAGS_TF, "TF is not in the frame");
        CHECK_EQ(hypercall_get_debugreg(6) & 0x4000, 0x4000);
    }
    u.regs.rflags &= ~RFLAGS_TF;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rip, USER_BASE + 3);
}
