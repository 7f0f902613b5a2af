/* SPDX-License-Identifier: MIT */
/* One word of guest memory, read or written in place; the caller has checked that the address is a
 * guest's. */
#ifndef X86_UACCESS_H
#define X86_UACCESS_H

#include "x86/insn.h"

/* Goes to the label when the store faults. */
#define PUT_GUEST(addr, val, label)                                                               \
    __asm__ goto("1: mov %1, %0\n" EX_TABLE("1b", "%l[" #label "]")                                \
                 :: "m"(*(uint64_t *)(addr)), "r"((uint64_t)(val)) : "memory" : label)

/* The same for a load: out is the 64-bit variable to load into. */
#define GET_GUEST(out, addr, label)                                                               \
    __asm__ goto("1: mov %1, %0\n" EX_TABLE("1b", "%l[" #label "]")                                \
                 : "=r"(out) : "m"(*(const uint64_t *)(addr)) : "memory" : label)

#endif
