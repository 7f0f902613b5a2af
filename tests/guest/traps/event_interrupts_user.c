/* SPDX-License-Identifier: MIT */
/*
 * An event interrupts user code that makes no system call; the upcall's frame is the user's, and
 * user code goes on with all its registers.
 */
#include "usercode.h"

USER_CODE(spin, "mov $0x1111, %ecx\n\t"
                "mov $0x2222, %r11d\n"
                "1: cmpl $0, (%rdi)\n\t"
                "je 1b\n\t"
                "syscall\n\t");

static struct user u;
static struct regs seen;
static int count;

static bool on_upcall(struct regs *regs)
{
    if (regs_user_mode(regs)) {
        seen = *regs;
        count++;
        *(uint32_t *)u.data = 1;
    }
    return false;
}

TEST("event_interrupts_user", "an event interrupts user mode, and user mode goes on behind it")
{
    u = user_make(spin_begin, spin_end);
    u.regs.rdi = USER_DATA;
    u.regs.rbx = 0x3333;
    trap_set_handler(TRAP_EVENT, on_upcall);
    CHECK_RC(timer_set(time_ns() + 10 * NS_PER_MS, NULL, NULL), 0);
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_SYSCALL);
    CHECK_EQ(u.regs.rbx, 0x3333);

    CHECK(count > 0, "no upcall in user mode");
    CHECK_EQ(seen.cs, FLAT_USER_CS64);
    CHECK_EQ(seen.ss, FLAT_USER_SS64);
    CHECK_EQ(seen.rsp, USER_STACK);
    CHECK_EQ(seen.rcx, 0x1111);
    CHECK_EQ(seen.r11, 0x2222);
    CHECK_EQ(seen.rbx, 0x3333);
    CHECK_EQ(seen.upcall_mask, 0);
    CHECK_EQ(seen.rflags & (RFLAGS_IF | RFLAGS_IOPL), RFLAGS_IF);
}
