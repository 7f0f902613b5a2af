/* SPDX-License-Identifier: MIT */
/*
 * Guest user mode on tables of its own: syscalls come to the registered callback on the kernel's
 * stack with the user's frame, and user code sees nothing of the kernel.
 */
#include "harness.h"

/* Two syscalls, then a read of what rdi points to. */
asm(".pushsection .rodata\n"
    "user_begin:\n\t"
    "mov $0x1234, %eax\n\t"
    "syscall\n\t"
    "add $1, %rax\n\t"
    "syscall\n\t"
    "mov (%rdi), %rdi\n\t"
    "ud2\n"
    "user_end:\n"
    ".popsection");
extern const char user_begin[], user_end[];

TEST("user_syscall_round_trip", "syscalls of guest user mode reach the kernel and return to it")
{
    struct aspace as = aspace_new();
    unsigned long stack_top = USER_BASE + 2 * PAGE_SIZE;
    void *code = user_page(&as, USER_BASE, PROT_RO);
    struct regs regs = user_regs(USER_BASE, stack_top);

    user_page(&as, USER_BASE + PAGE_SIZE, PROT_RW);
    user_copy_code(code, user_begin, user_end);
    regs.rdi = (unsigned long)start_info;

    user_run(&as, &regs);
    CHECK_EQ(regs.vector, TRAP_SYSCALL);
    CHECK_EQ(regs.rax, 0x1234);
    CHECK_EQ(regs.rip, USER_BASE + 7);
    CHECK_EQ(regs.rsp, stack_top);
    CHECK_EQ(regs.cs & 3, 3);
    CHECK_EQ(regs.rdi, start_info);

    regs.rax = 0x41;
    user_run(&as, &regs);
    CHECK_EQ(regs.vector, TRAP_SYSCALL);
    CHECK_EQ(regs.rax, 0x42);

    /* start_info is the kernel's: not in the user's tables, and the fault says user. */
    user_run(&as, &regs);
    CHECK_EQ(regs.vector, TRAP_PF);
    CHECK_EQ(regs.error_code, PF_USER);
    CHECK_EQ(this_cpu()->info->arch.cr2, start_info);
    CHECK(events_enabled(), "events are masked after user mode");
}
