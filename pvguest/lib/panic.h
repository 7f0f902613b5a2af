/* SPDX-License-Identifier: MIT */
/*
 * The ends of a guest. Nothing in the library fails in silence: what it cannot do without goes
 * through MUST(), which prints the call and its error and crashes the domain.
 */
#ifndef PVGUEST_PANIC_H
#define PVGUEST_PANIC_H

#include "traps.h"
#include "xen.h"

/* SCHEDOP_shutdown with SHUTDOWN_poweroff, SHUTDOWN_crash, ... */
_Noreturn void domain_shutdown(unsigned int reason);

/* Prints the message on every console there is, then crashes the domain. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, with registers, a walk of the page tables for a page fault, and a backtrace. */
_Noreturn void panic_regs(const struct regs *regs, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Called with the message before the domain crashes; for the test harness. */
extern void (*panic_hook)(const char *message);

/* Only prints. */
void regs_print(const struct regs *regs);

/* "ENOSYS" for 38 and for -38; "?" for what is no error number. */
const char *error_name(long error);
/* 38 for "ENOSYS"; 0 for what is no name of an error. */
long error_number(const char *name);

/* The value of a hypercall (or anything like it) that has to succeed: >= 0, or panic. */
#define MUST(call)                                                                                 \
    ({                                                                                             \
        long must_ = (call);                                                                       \
        if (must_ < 0)                                                                             \
            panic("%s:%d: %s: %ld (%s)", __FILE__, __LINE__, #call, must_, error_name(must_));     \
        must_;                                                                                     \
    })

#define ASSERT(cond)                                                                               \
    do {                                                                                           \
        if (!(cond))                                                                               \
            panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond);                       \
    } while (0)

#endif
