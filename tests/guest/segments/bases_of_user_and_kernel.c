/* SPDX-License-Identifier: MIT */
/*
 * gs is exchanged when user mode is entered and left, by trap, syscall and event alike; fs is not.
 * What the user loads into its selectors is what it finds again. [TRAP-13]
 */
#include "../traps/usercode.h"

USER_CODE(use, "mov %fs:8, %rax\n\t"
               "mov %gs:0, %rbx\n\t"
               "syscall\n\t"
               "mov %gs:0, %rbx\n\t"
               "mov %esi, %ds\n\t"
               "mov %esi, %es\n\t"
               "ud2\n\t"
               "mov %ds, %ecx\n\t"
               "mov %es, %edx\n\t"
               "mov %gs:0, %rbx\n\t"
               "int $0x80\n");

static void check(struct user *u, unsigned int vector)
{
    unsigned long base;

    user_run(&u->as, &u->regs);
    CHECK_EQ(u->regs.vector, vector);
    CHECK_EQ(u->regs.rbx, 0x3333);
    CHECK_EQ(u->regs.rax, 0x4444);
    asm volatile("rdmsr\n\tshl $32, %%rdx\n\tor %%rdx, %%rax"
                 : "=a"(base)
                 : "c"(0xc0000100)
                 : "rdx");
    CHECK_EQ(base, USER_DATA);
    CHECK_EQ(this_cpu(), &cpus[0]);
    u->regs.rbx = 0;
}

TEST("bases_of_user_and_kernel", "gs is swapped at each crossing, fs and the data selectors stay")
{
    struct user u = user_make(use_begin, use_end);

    *(uint64_t *)u.data = 0x3333;
    *(uint64_t *)(u.data + 8) = 0x4444;
    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, USER_DATA), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, USER_DATA), 0);
    u.regs.rsi = FLAT_USER_SS64;

    check(&u, TRAP_SYSCALL);
    check(&u, TRAP_UD);
    u.regs.rip += 2;
    check(&u, TRAP_INT80);
    CHECK_EQ(u.regs.rcx, FLAT_USER_SS64);
    CHECK_EQ(u.regs.rdx, FLAT_USER_SS64);
}
