/* SPDX-License-Identifier: MIT */
/*
 * Page faults of guest user mode keep the U bit; P, W and fetch are as the machine says; cr2 is in
 * vcpu_info and in the guest's CR2 alike. cs and ss are the user's. [TRAP-2]
 */
#include "usercode.h"

#define HOLE (USER_BASE + 16 * PAGE_SIZE)

USER_CODE(access, "mov (%rdi), %rax\n\tud2\n\t" /* 0 */
                  ".balign 16\n\t"
                  "mov %rax, (%rdi)\n\tud2\n\t" /* 16 */
                  ".balign 16\n\t"
                  "jmp *%rdi\n\t"); /* 32 */

static void fault(struct user *u, unsigned int at, unsigned long address, unsigned long error)
{
    unsigned long cr2;

    u->regs.rip = USER_BASE + at;
    u->regs.rdi = address;
    user_run(&u->as, &u->regs);
    CHECK_EQ(u->regs.vector, TRAP_PF);
    CHECK_EQ(u->regs.error_code, error);
    CHECK_EQ(this_cpu()->info->arch.cr2, address);
    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    CHECK_EQ(cr2, address);
    CHECK_EQ(u->regs.cs, FLAT_USER_CS64);
    CHECK_EQ(u->regs.ss, FLAT_USER_SS64);
    CHECK_EQ(u->regs.rsp, USER_STACK);
    CHECK_EQ(u->regs.upcall_mask, 0);
    CHECK_EQ(u->regs.rflags & (RFLAGS_IF | RFLAGS_IOPL), RFLAGS_IF);
}

TEST("user_pagefault_frame", "a #PF of guest user mode has the U bit, its cr2 and the user's cs")
{
    struct user u = user_make(access_begin, access_end);

    user_page(&u.as, USER_BASE + 8 * PAGE_SIZE, PROT_RW | PTE_NX);
    fault(&u, 0, HOLE, PF_USER);
    fault(&u, 16, HOLE + 8, PF_USER | PF_WRITE);
    fault(&u, 16, USER_BASE + 8, PF_USER | PF_WRITE | PF_PRESENT);
    fault(&u, 32, HOLE, PF_USER | PF_FETCH);
    CHECK_EQ(u.regs.rip, HOLE);
    fault(&u, 32, USER_BASE + 8 * PAGE_SIZE, PF_USER | PF_FETCH | PF_PRESENT);
    /* The kernel is not there for the user. */
    fault(&u, 0, VIRT_BASE, PF_USER);
}
