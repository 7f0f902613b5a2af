/* SPDX-License-Identifier: MIT */
/*
 * A small user program: its code in one read-only page, its stack in another.
 *
 *     USER_CODE(hello, "mov $1, %eax\n syscall\n");
 *     struct user u = user_make(hello_begin, hello_end);
 *     user_run(&u.as, &u.regs);
 */
#ifndef TRAPS_USERCODE_H
#define TRAPS_USERCODE_H

#include "harness.h"

#define USER_DATA (USER_BASE + PAGE_SIZE)
#define USER_STACK (USER_BASE + 2 * PAGE_SIZE)

#define USER_CODE(name, insns)                                                                     \
    asm(".pushsection .rodata\n" #name "_begin:\n\t" insns "\n" #name "_end:\n.popsection");       \
    extern const char name##_begin[], name##_end[]

struct user {
    struct aspace as;
    char *data; /* The kernel's alias of the page that holds data and stack */
    struct regs regs;
};

static inline struct user user_make(const void *begin, const void *end)
{
    struct user u = {.as = aspace_new()};
    void *code = user_page(&u.as, USER_BASE, PROT_RO);

    u.data = user_page(&u.as, USER_DATA, PROT_RW);
    user_copy_code(code, begin, end);
    u.regs = user_regs(USER_BASE, USER_STACK);
    return u;
}

#endif
