/* SPDX-License-Identifier: MIT */
/*
 * VGCF_in_syscall in the frame says that the guest does not care for rcx and r11, and the way back
 * may be sysret: they then hold rip and rflags. Without it they come from the frame. [TRAP-10]
 */
#include "iretframe.h"
#include "usercode.h"

USER_CODE(nothing, "mov %rcx, %rdi\n\tmov %r11, %rsi\n\tud2\n");

TEST("iret_in_syscall_spoils_rcx_r11", "with VGCF_in_syscall rcx and r11 are rip and rflags")
{
    struct user u = user_make(nothing_begin, nothing_end);
    struct iret_frame f = iret_good();
    struct fault r;

    r = iret_run(&f);
    CHECK_NO_FAULT(r);
    CHECK_EQ(iret_landed.rax, 0x3333);
    CHECK_EQ(iret_landed.rcx, 0x2222);
    CHECK_EQ(iret_landed.r11, 0x1111);
    CHECK_EQ(iret_landed.rsp, f.rsp);

    f.flags = VGCF_IN_SYSCALL;
    r = iret_run(&f);
    CHECK_NO_FAULT(r);
    CHECK_EQ(iret_landed.rax, 0x3333);
    CHECK_EQ(iret_landed.rcx, iret_landing);
    CHECK_EQ(iret_landed.r11 & (RFLAGS_IF | RFLAGS_IOPL), RFLAGS_IF);
    CHECK_EQ(iret_landed.rsp, f.rsp);

    /* Other flags mean nothing. */
    f.flags = ~(unsigned long)VGCF_IN_SYSCALL;
    r = iret_run(&f);
    CHECK_NO_FAULT(r);
    CHECK_EQ(iret_landed.rcx, 0x2222);

    u.regs.rcx = 0x2222;
    u.regs.r11 = 0x1111;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rdi, 0x2222);
    CHECK_EQ(u.regs.rsi, 0x1111);
}
