/* SPDX-License-Identifier: MIT */
/* The same for a frame to user mode: the fault comes from user mode, onto kernel_sp. [TRAP-11] */
#include "usercode.h"

USER_CODE(nothing, "syscall\n\tud2\n");

static struct user u;

static void run(unsigned long rip, unsigned int cs, unsigned int ss)
{
    u.regs.rip = rip;
    u.regs.cs = (uint16_t)cs;
    u.regs.ss = ss;
    user_run(&u.as, &u.regs);
}

static void faults(unsigned long rip, unsigned int cs, unsigned int ss, unsigned int vector,
                   unsigned long error)
{
    run(rip, cs, ss);
    CHECK_EQ(u.regs.vector, vector);
    CHECK_EQ(u.regs.error_code, error);
    CHECK_EQ(u.regs.rip, rip);
    CHECK_EQ(u.regs.cs, cs);
}

TEST("iret_bad_user_frame_faults_in_guest", "iret to a bad user frame faults as if in user mode")
{
    u = user_make(nothing_begin, nothing_end);

    run(USER_BASE, FLAT_USER_CS64, FLAT_USER_SS64);
    CHECK_EQ(u.regs.vector, TRAP_SYSCALL);

    faults(0x800000000000, FLAT_USER_CS64, FLAT_USER_SS64, TRAP_GP, 0);
    faults(USER_BASE, 0x5b, FLAT_USER_SS64, TRAP_GP, 0x58);
    faults(USER_BASE, 3, FLAT_USER_SS64, TRAP_GP, 0);
    faults(USER_BASE, FLAT_USER_CS64, 0x5b, TRAP_GP, 0x58);
    faults(USER_BASE, FLAT_USER_CS64, 0, TRAP_GP, 0);
    faults(USER_BASE, FLAT_USER_SS64, FLAT_USER_SS64, TRAP_GP, FLAT_USER_SS64 & ~3);
    faults(USER_BASE, FLAT_USER_CS64, FLAT_USER_CS64, TRAP_GP, FLAT_USER_CS64 & ~3);

    run(USER_BASE, FLAT_USER_CS64, FLAT_USER_SS64);
    CHECK_EQ(u.regs.vector, TRAP_SYSCALL);
}
