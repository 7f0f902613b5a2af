/* SPDX-License-Identifier: MIT */
/*
 * Guest user mode. User code runs in ring 3 like the kernel, but on tables of its own that hold
 * nothing of the kernel; the hypervisor switches tables at each crossing.
 *
 * user_run() is one stay in user mode: it enters with *regs and returns at the first syscall or
 * trap there, with *regs as they were then and regs->vector telling which: TRAP_SYSCALL (the number
 * is in rax, rip is behind the instruction), TRAP_PF, ... Calling it again goes on. Events are
 * handled on the way and do not end it.
 *
 *     struct aspace as = aspace_new();
 *     void *code = user_page(&as, USER_BASE, PROT_RW);         its alias in the kernel
 *     memcpy(code, "\x0f\x05", 2);                              syscall
 *     struct regs regs = user_regs(USER_BASE, USER_BASE + PAGE_SIZE);
 *     user_run(&as, &regs);
 *     CHECK(regs.vector == TRAP_SYSCALL, ...);
 */
#ifndef PVGUEST_USER_H
#define PVGUEST_USER_H

#include "mm.h"
#include "traps.h"

#define USER_BASE 0x400000ul

/* Maps a fresh page at va for the user; returns the kernel's writable alias of it. */
void *user_page(struct aspace *as, unsigned long va, uint64_t flags);

/* Registers to start with: 64-bit flat selectors, events enabled, everything else 0. */
struct regs user_regs(unsigned long rip, unsigned long rsp);

/* Makes the tree the user's one on this vCPU (NEW_USER_BASEPTR) and runs it. */
void user_run(struct aspace *as, struct regs *regs);

/* User code lies between two labels of this program: copies it to the page's alias. */
void user_copy_code(void *alias, const void *begin, const void *end);

/* Private to traps.c: ends user_run(). */
_Noreturn void user_trap(const struct regs *regs);

#endif
