/* SPDX-License-Identifier: MIT */
/*
 * int3 is a trap: the frame's rip is behind it. The handler runs with events masked, as its table
 * entry asks, sees all registers, and what it changes is what the interrupted code gets.
 */
#include "harness.h"

static struct regs seen;
static bool masked;

static bool on_int3(struct regs *regs)
{
    seen = *regs;
    masked = !events_enabled();
    regs->rcx = 0x77;
    regs->r11 = 0x88;
    regs->rax = 0x99;
    return true;
}

TEST("int3_frame_round_trip", "int3 gives rip behind it, masks events, and iret restores all")
{
    unsigned long rip, r11, rax = 1, rcx = 3, rdx = 4;

    trap_set_handler(TRAP_BP, on_int3);
    asm volatile("lea 1f(%%rip), %0\n\t"
                 "mov $11, %%r11d\n\t"
                 "int3\n"
                 "1: mov %%r11, %1"
                 : "=&b"(rip), "=&r"(r11), "+a"(rax), "+c"(rcx), "+d"(rdx)
                 :
                 : "r11", "memory");

    CHECK_EQ(seen.vector, TRAP_BP);
    CHECK_EQ(seen.rip, rip);
    CHECK_EQ(seen.rax, 1);
    CHECK_EQ(seen.rcx, 3);
    CHECK_EQ(seen.rdx, 4);
    CHECK_EQ(seen.r11, 11);
    CHECK_EQ(seen.cs, FLAT_KERNEL_CS & ~3);
    CHECK_EQ(seen.ss & ~3, FLAT_KERNEL_SS & ~3);
    CHECK_EQ(seen.upcall_mask, 0);
    CHECK(masked, "events were enabled in the handler");

    CHECK_EQ(rax, 0x99);
    CHECK_EQ(rcx, 0x77);
    CHECK_EQ(rdx, 4);
    CHECK_EQ(r11, 0x88);
    CHECK(events_enabled(), "events are masked after the return");
}
