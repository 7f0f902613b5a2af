/* SPDX-License-Identifier: MIT */
/*
 * TF set by popf: #DB behind the next instruction, with TF in the frame's rflags but not in the
 * handler's, and BS in DR6 as get_debugreg tells it. Emulated instructions step like others.
 * [EMU-5] */
#include "harness.h"

#define DR6_BS 0x4000ul

static unsigned long rips[8];
static int steps, want;
static bool tf_in_frame, tf_in_handler;
static unsigned long dr6;

static bool on_db(struct regs *regs)
{
    unsigned long flags;

    asm volatile("pushf\n\tpop %0" : "=r"(flags));
    tf_in_handler = flags & RFLAGS_TF;
    tf_in_frame = regs->rflags & RFLAGS_TF;
    dr6 = (unsigned long)hypercall_get_debugreg(6);
    if (steps < 8)
        rips[steps] = regs->rip;
    if (++steps >= want)
        regs->rflags &= ~RFLAGS_TF;
    return true;
}

extern const char step_1[], step_2[], step_3[], step_4[], step_5[];

TEST("single_step_traps", "TF gives a #DB after each instruction, emulated ones included")
{
    unsigned long a, b = 0, c, d;

    trap_set_handler(TRAP_DB, on_db);
    want = 4;
    asm volatile("pushf\n\t"
                 "orl $0x100, (%%rsp)\n\t"
                 "xor %%eax, %%eax\n\t"
                 "xor %%ecx, %%ecx\n\t"
                 "popf\n\t"
                 "nop\n"
                 "step_1: .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n\t"
                 "cpuid\n"
                 "step_2: mov %%cr0, %%rcx\n"
                 "step_3: nop\n"
                 "step_4: nop\n"
                 "step_5:"
                 : "=a"(a), "+b"(b), "=c"(c), "=d"(d)
                 :
                 : "memory", "cc");
    CHECK(steps == 4, "%d steps", steps);
    CHECK(tf_in_frame, "no TF in the frame");
    CHECK(!tf_in_handler, "TF in the handler");
    CHECK_EQ(rips[0], step_1);
    CHECK_EQ(rips[1], step_2);
    CHECK_EQ(rips[2], step_3);
    CHECK_EQ(rips[3], step_4);
    CHECK(dr6 & DR6_BS, "DR6 is %lx", dr6);
}
