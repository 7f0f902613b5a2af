/* SPDX-License-Identifier: MIT */
/* syscall in user mode is the kernel's system call whatever rax is, with all its registers. */
#include "../traps/usercode.h"

USER_CODE(call, "syscall\n\tud2\n");

TEST("user_mode_cannot_hypercall", "no number makes a user's syscall a hypercall")
{
    struct user u = user_make(call_begin, call_end);

    for (unsigned long nr = 0; nr < 64; nr++) {
        u.regs.rip = USER_BASE;
        u.regs.rax = nr;
        u.regs.rdi = 0x1111;
        u.regs.rsi = 0x2222;
        user_run(&u.as, &u.regs);
        CHECK_EQ(u.regs.vector, TRAP_SYSCALL);
        CHECK_EQ(u.regs.rax, nr);
        CHECK_EQ(u.regs.rdi, 0x1111);
        CHECK_EQ(u.regs.rsi, 0x2222);
        CHECK_EQ(u.regs.rip, USER_BASE + 2);
    }
}
