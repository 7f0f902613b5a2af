/* SPDX-License-Identifier: MIT */
/*
 * An event interrupts user code that makes no system call; the upcall's frame is the user's, and
 * user code goes on with all its registers, rcx and r11 too. [TRAP-7]
 */
#include "usercode.h"

#define LOOP (USER_BASE + 11)

USER_CODE(spin, "mov $0x1111, %ecx\n\t"
                "mov $0x2222, %r11d\n"
                "1: cmpl $0, (%rdi)\n\t"
                "je 1b\n\t"
                "ud2\n");

static struct user u;
static struct regs seen;

static void arm(void)
{
    MUST(timer_set(time_ns() + 2 * NS_PER_MS, NULL, NULL));
}

/* Lets the loop end; a timer that came before the loop is set again. */
static bool on_upcall(struct regs *regs)
{
    if (regs_user_mode(regs) && regs->rip >= LOOP) {
        seen = *regs;
        *(uint32_t *)u.data = 1;
    } else {
        arm();
    }
    return false;
}

TEST("event_interrupts_user", "an event interrupts user mode, and user mode goes on behind it")
{
    u = user_make(spin_begin, spin_end);
    u.regs.rdi = USER_DATA;
    u.regs.rbx = 0x3333;
    trap_set_handler(TRAP_EVENT, on_upcall);
    arm();
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rbx, 0x3333);
    CHECK_EQ(u.regs.rcx, 0x1111);
    CHECK_EQ(u.regs.r11, 0x2222);

    CHECK_EQ(seen.cs, FLAT_USER_CS64);
    CHECK_EQ(seen.ss, FLAT_USER_SS64);
    CHECK_EQ(seen.rsp, USER_STACK);
    CHECK_EQ(seen.rcx, 0x1111);
    CHECK_EQ(seen.r11, 0x2222);
    CHECK_EQ(seen.rbx, 0x3333);
    CHECK_EQ(seen.upcall_mask, 0);
    CHECK_EQ(seen.rflags & (RFLAGS_IF | RFLAGS_IOPL), RFLAGS_IF);
}
