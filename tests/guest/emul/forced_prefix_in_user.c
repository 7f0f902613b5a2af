/* SPDX-License-Identifier: MIT */
/* The forced prefix works in user mode as well; a bare ud2 there is the kernel's to see. [EMU-4] */
#include "../traps/usercode.h"

USER_CODE(ask, ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n\tcpuid\n\tud2\n");

TEST("forced_prefix_in_user", "user mode can ask for the emulated CPUID")
{
    struct user u = user_make(ask_begin, ask_end);

    u.regs.rax = 0x40000001;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rip, USER_BASE + 7);
    CHECK_EQ(u.regs.rax, 0x00040011);
}
