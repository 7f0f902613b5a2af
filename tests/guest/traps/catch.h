/* SPDX-License-Identifier: MIT */
/*
 * Traps seen raw: the words that the hypervisor wrote, and where. The library's entries make a
 * struct regs of them; tests of the frame itself put catch_entry into the trap table instead.
 *
 *     catch_vector(TRAP_UD, 0);
 *     CHECK(catch_run(fn, arg), "no trap");       fn(arg) ran into it and does not come back
 *     caught.slot[CAUGHT_RIP] ...                 frame without error code
 *
 * After a catch events are as the entry left them; restore with events_enable().
 */
#ifndef TRAPS_CATCH_H
#define TRAPS_CATCH_H

#include "harness.h"

#define TI_MASK_EVENTS 4u

/* Slots of a frame without error code; with one, those from rip on move up by one. */
enum caught_slot {
    CAUGHT_RCX,
    CAUGHT_R11,
    CAUGHT_RIP,
    CAUGHT_CS,
    CAUGHT_RFLAGS,
    CAUGHT_RSP,
    CAUGHT_SS,
};

struct caught {
    unsigned long rsp; /* Where the frame lies */
    unsigned long slot[12];
    unsigned long cs, ss, rflags; /* As loaded in the handler */
    unsigned long rax;
};

extern struct caught caught;
extern const char catch_entry[];
/* 1: fn ran into catch_entry, 0: it returned. */
extern long catch_run(void (*fn)(void *arg), void *arg);

/* clang-format off */
asm(".pushsection .bss\n"
    ".balign 8\n"
    ".globl caught\n"
    "caught: .skip 17 * 8\n"
    "catch_sp: .skip 8\n"
    ".popsection\n"
    ".pushsection .text\n"
    ".globl catch_entry, catch_run\n"
    "catch_entry:\n\t"
    "mov %rsp, caught(%rip)\n\t"
    "mov %rax, caught + 16 * 8(%rip)\n\t"
    ".set slot, 0\n\t"
    ".rept 12\n\t"
    "mov slot * 8(%rsp), %rax\n\t"
    "mov %rax, caught + 8 + slot * 8(%rip)\n\t"
    ".set slot, slot + 1\n\t"
    ".endr\n\t"
    "mov %cs, %eax\n\t"
    "mov %rax, caught + 13 * 8(%rip)\n\t"
    "mov %ss, %eax\n\t"
    "mov %rax, caught + 14 * 8(%rip)\n\t"
    "mov catch_sp(%rip), %rsp\n\t"
    "pushf\n\t"
    "pop %rax\n\t"
    "mov %rax, caught + 15 * 8(%rip)\n\t"
    "cld\n\t"
    "mov $1, %eax\n\t"
    "jmp 1f\n"
    "catch_run:\n\t"
    "push %rbx\n\t"
    "push %rbp\n\t"
    "push %r12\n\t"
    "push %r13\n\t"
    "push %r14\n\t"
    "push %r15\n\t"
    "mov %rsp, catch_sp(%rip)\n\t"
    "mov %rdi, %rax\n\t"
    "mov %rsi, %rdi\n\t"
    "sub $8, %rsp\n\t"
    "call *%rax\n\t"
    "xor %eax, %eax\n"
    "1:\n\t"
    "mov catch_sp(%rip), %rsp\n\t"
    "pop %r15\n\t"
    "pop %r14\n\t"
    "pop %r13\n\t"
    "pop %r12\n\t"
    "pop %rbp\n\t"
    "pop %rbx\n\t"
    "ret\n"
    ".popsection\n");
/* clang-format on */

/* One entry of the trap table; others stay as they are. */
static inline long set_trap(unsigned int vector, unsigned int flags, unsigned long address)
{
    trap_info_t table[2] = {
        {.vector = (uint8_t)vector,
         .flags = (uint8_t)flags,
         .cs = FLAT_KERNEL_CS,
         .address = address},
    };

    return hypercall_set_trap_table(table);
}

static inline void catch_vector(unsigned int vector, unsigned int flags)
{
    REQUIRE(set_trap(vector, flags, (unsigned long)catch_entry) == 0, "cannot set the trap entry");
}

/*
 * Lets vector n of the guest's table lead to the library as if it were `as`, a vector below 32:
 * for vectors that the library has no entry for.
 */
static inline void route_vector(unsigned int n, unsigned int flags, unsigned int as)
{
    REQUIRE(set_trap(n, flags, traps_table()[as].address) == 0, "cannot set the trap entry");
}

#endif
