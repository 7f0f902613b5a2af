/* SPDX-License-Identifier: MIT */
/*
 * A hypercall changes rax, rcx and r11 and no other register, nor the arithmetic flags or DF, by
 * syscall as by the page; so does a refused one. [HC-1]
 */
#include "harness.h"

static unsigned long after[17];

/* Fills the registers, executes the instruction, stores the registers. */
#define CALL(insn, number)                                                                         \
    asm volatile("push %%rbp\n\t"                                                                  \
                 "push %%rbx\n\t"                                                                  \
                 "mov $0x101, %%ebx\n\t"                                                           \
                 "mov $0x102, %%edx\n\t"                                                           \
                 "mov $0x103, %%esi\n\t"                                                           \
                 "mov $0, %%edi\n\t"                                                               \
                 "mov $0x105, %%ebp\n\t"                                                           \
                 "mov $0x106, %%r8d\n\t"                                                           \
                 "mov $0x107, %%r9d\n\t"                                                           \
                 "mov $0x108, %%r10d\n\t"                                                          \
                 "mov $0x109, %%r12d\n\t"                                                          \
                 "mov $0x10a, %%r13d\n\t"                                                          \
                 "mov $0x10b, %%r14d\n\t"                                                          \
                 "mov $0x10c, %%r15d\n\t"                                                          \
                 "mov %0, %%eax\n\t"                                                               \
                 "std\n\t"                                                                         \
                 "cmp $-1, %%eax\n\t"                                                              \
                 "stc\n\t" insn "\n\t"                                                             \
                 "mov %%rbx, after(%%rip)\n\t"                                                     \
                 "mov %%rdx, after + 8(%%rip)\n\t"                                                 \
                 "mov %%rsi, after + 16(%%rip)\n\t"                                                \
                 "mov %%rdi, after + 24(%%rip)\n\t"                                                \
                 "mov %%rbp, after + 32(%%rip)\n\t"                                                \
                 "mov %%r8, after + 40(%%rip)\n\t"                                                 \
                 "mov %%r9, after + 48(%%rip)\n\t"                                                 \
                 "mov %%r10, after + 56(%%rip)\n\t"                                                \
                 "mov %%r12, after + 64(%%rip)\n\t"                                                \
                 "mov %%r13, after + 72(%%rip)\n\t"                                                \
                 "mov %%r14, after + 80(%%rip)\n\t"                                                \
                 "mov %%r15, after + 88(%%rip)\n\t"                                                \
                 "mov %%rax, after + 96(%%rip)\n\t"                                                \
                 "pushf\n\t"                                                                       \
                 "popq after + 104(%%rip)\n\t"                                                     \
                 "cld\n\t"                                                                         \
                 "pop %%rbx\n\t"                                                                   \
                 "pop %%rbp"                                                                       \
                 :                                                                                 \
                 : "i"(number)                                                                     \
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",      \
                   "r14", "r15", "memory", "cc")

static void check(long rc)
{
    static const unsigned long wanted[] = {
        0x101, 0x102, 0x103, 0, 0x105, 0x106, 0x107, 0x108, 0x109, 0x10a, 0x10b, 0x10c,
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        CHECK(after[i] == wanted[i], "register %lu is %lx, not %lx", i, after[i], wanted[i]);
    CHECK_RC((long)after[12], rc);
    CHECK_EQ(after[13] & (RFLAGS_CF | RFLAGS_DF | RFLAGS_IF), RFLAGS_CF | RFLAGS_DF | RFLAGS_IF);
}

TEST("hypercall_keeps_registers", "a hypercall spoils rax, rcx and r11 and nothing else")
{
    CALL("syscall", HYPERCALL_NR_xen_version);
    check(4 << 16 | 17);
    memset(after, 0, sizeof(after));
    CALL("call hypercall_page + 17 * 32", HYPERCALL_NR_xen_version);
    check(4 << 16 | 17);
    CALL("syscall", 63);
    check(-XEN_ENOSYS);
}
