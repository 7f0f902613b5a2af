/* SPDX-License-Identifier: MIT */
/* The end of the hypervisor, told as fully as it can be; see also panic() in core/log.h. */
#ifndef X86_PANIC_H
#define X86_PANIC_H

#include "core/log.h"
#include <xen/xen.h>

/* Panic with the registers of the trap that led to it. */
_Noreturn void panic_regs(const struct cpu_user_regs *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* An NMI arrived: returns if it is not another CPU's panic that stops this one. */
void panic_nmi(void);
/* The registers, as log lines. */
void regs_print(const struct cpu_user_regs *r);

/* The function that addr lies in, NULL if none; *offset from its start. */
const char *symbol_lookup(uint64_t addr, uint64_t *offset);

#endif
