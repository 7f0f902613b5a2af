/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall within the kernel: takes rax, rcx, r11, rip, rflags and rsp from its frame,
 * keeps the other registers, and sets the upcall mask from IF. [TRAP-10]
 */
#include "harness.h"

struct result {
    unsigned long rax, rcx, r11, rbx, rflags;
};

/* Irets to the next instruction, on the same stack, with these rflags. */
static struct result iret(unsigned long rflags)
{
    struct result r;
    unsigned long rsp;

    asm volatile("mov %%rsp, %[sp]\n\t"
                 "mov $0x5555, %%ebx\n\t"
                 "pushq %[ss]\n\t"
                 "push %[sp]\n\t"
                 "push %[fl]\n\t"
                 "pushq %[cs]\n\t"
                 "lea 1f(%%rip), %%rax\n\t"
                 "push %%rax\n\t"
                 "pushq $0\n\t"
                 "pushq $0x2222\n\t"
                 "pushq $0x1111\n\t"
                 "pushq $0x3333\n\t"
                 "mov %[nr], %%eax\n\t"
                 "syscall\n\t"
                 "1: mov %%r11, %[r11]\n\t"
                 "pushf\n\t"
                 "pop %[rfl]"
                 : [sp] "=&r"(rsp), "=&a"(r.rax), "=&b"(r.rbx),
                   "=&c"(r.rcx), [r11] "=&r"(r.r11), [rfl] "=&r"(r.rflags)
                 : [fl] "r"(rflags), [ss] "i"(FLAT_KERNEL_SS), [cs] "i"(FLAT_KERNEL_CS & ~3),
                   [nr] "i"(HYPERCALL_NR_iret)
                 : "r11", "memory");
    return r;
}

TEST("iret_to_kernel_restores_frame", "iret loads its frame and makes the upcall mask of IF")
{
    struct result r = iret(RFLAGS_IF | RFLAGS_CF);

    CHECK_EQ(r.rax, 0x3333);
    CHECK_EQ(r.r11, 0x1111);
    CHECK_EQ(r.rcx, 0x2222);
    CHECK_EQ(r.rbx, 0x5555);
    CHECK_EQ(r.rflags & (RFLAGS_CF | RFLAGS_IF | RFLAGS_IOPL), RFLAGS_CF | RFLAGS_IF);
    CHECK(events_enabled(), "IF was set, but events are masked");

    r = iret(0);
    CHECK(!events_enabled(), "IF was clear, but events are enabled");
    CHECK(r.rflags & RFLAGS_IF, "the real IF is clear");
    CHECK(!(r.rflags & RFLAGS_CF), "CF survived");

    r = iret(RFLAGS_IF | RFLAGS_IOPL);
    CHECK(!(r.rflags & RFLAGS_IOPL), "the guest got IOPL %lx", r.rflags);
    CHECK(events_enabled(), "IF was set, but events are masked");
}
