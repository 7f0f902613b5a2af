/* SPDX-License-Identifier: MIT */
/*
 * What is emulated for the guest's kernel is not for its user: a #GP there, rip at the instruction.
 * [EMU-1] */
#include "usercode.h"

USER_CODE(privileged, "mov %cr0, %rax\n\t.balign 16\n\t"
                      "clts\n\t.balign 16\n\t"
                      "wbinvd\n\t.balign 16\n\t"
                      "hlt\n\t.balign 16\n\t"
                      "cli\n\t.balign 16\n\t"
                      "xor %ecx, %ecx\n\trdmsr\n\t.balign 16\n\t"
                      "mov %db0, %rax\n\t.balign 16\n\t"
                      "in $0x80, %al\n\t.balign 16\n\t"
                      "swapgs\n\t.balign 16\n\t");

TEST("user_privileged_is_gp", "privileged instructions of user mode are #GP for the kernel to see")
{
    struct user u = user_make(privileged_begin, privileged_end);

    for (unsigned int i = 0; i < 9; i++) {
        unsigned long rip = USER_BASE + 16 * i;

        u.regs.rip = rip;
        user_run(&u.as, &u.regs);
        CHECK(u.regs.vector == TRAP_GP, "%s for instruction %u", trap_name(u.regs.vector), i);
        CHECK_EQ(u.regs.error_code, 0);
        CHECK_EQ(u.regs.rip, rip + (i == 5 ? 2 : 0));
        CHECK_EQ(u.regs.cs, FLAT_USER_CS64);
    }
}
