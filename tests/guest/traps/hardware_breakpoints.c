/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints by set_debugreg: on execution the #DB comes before the instruction, on a write behind
 * it, with the breakpoint's bit in DR6; a cleared DR7 stops them. [EMU-8]
 */
#include "harness.h"

#define DR7_L0 1ul
#define DR7_L1 4ul
#define DR7_L2 0x10ul
#define DR7_RW1_W (1ul << 20)
#define DR7_LEN1_8 (2ul << 22)
#define DR7_RW2_RW (3ul << 24)
#define DR7_LEN2_4 (3ul << 26)
#define RFLAGS_RF 0x10000ul

static unsigned long rip, dr6;
static int count;

static bool on_db(struct regs *regs)
{
    rip = regs->rip;
    dr6 = (unsigned long)hypercall_get_debugreg(6);
    CHECK_RC(hypercall_set_debugreg(6, 0), 0);
    regs->rflags |= RFLAGS_RF;
    if (++count > 4)
        hypercall_set_debugreg(7, 0);
    return true;
}

extern const char bp_here[], bp_written[], bp_read[];

static volatile uint64_t watched;
static volatile uint32_t watched2;

static __attribute__((noinline)) void go(void)
{
    uint32_t x;

    asm volatile("bp_here: nop\n\t"
                 "movq $1, %1\n"
                 "bp_written: mov %2, %0\n"
                 "bp_read: nop"
                 : "=r"(x), "=m"(watched)
                 : "m"(watched2)
                 : "memory");
}

TEST("hardware_breakpoints_trap", "breakpoints of set_debugreg raise #DB with their bit in DR6")
{
    trap_set_handler(TRAP_DB, on_db);
    CHECK_RC(hypercall_set_debugreg(0, (unsigned long)bp_here), 0);
    CHECK_RC(hypercall_set_debugreg(1, (unsigned long)&watched), 0);
    CHECK_RC(hypercall_set_debugreg(2, (unsigned long)&watched2), 0);

    CHECK_RC(hypercall_set_debugreg(7, DR7_L0), 0);
    go();
    CHECK_EQ(count, 1);
    CHECK_EQ(rip, bp_here);
    CHECK_EQ(dr6 & 15, 1);

    CHECK_RC(hypercall_set_debugreg(7, DR7_L1 | DR7_RW1_W | DR7_LEN1_8), 0);
    go();
    CHECK_EQ(count, 2);
    CHECK_EQ(rip, bp_written);
    CHECK_EQ(dr6 & 15, 2);

    CHECK_RC(hypercall_set_debugreg(7, DR7_L2 | DR7_RW2_RW | DR7_LEN2_4), 0);
    go();
    CHECK_EQ(count, 3);
    CHECK_EQ(rip, bp_read);
    CHECK_EQ(dr6 & 15, 4);

    CHECK_RC(hypercall_set_debugreg(7, 0), 0);
    go();
    CHECK_EQ(count, 3);
}
