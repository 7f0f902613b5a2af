/* SPDX-License-Identifier: MIT */
/*
 * The console as guests reach it, and the machine's two ways out. Port: x86/console.c, x86/power.c.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "lib/types.h"

struct domain;

/* Output of d: raw for the control domain; for others whole lines only, each tagged "(dN) ". */
void console_guest_write(struct domain *d, const char *buf, size_t n);
/* What was typed and not yet read, up to n bytes; for the control domain. */
size_t console_read(char *buf, size_t n);
/* Take what the line has received; true if there is something to read. Called on each timer
 * interrupt and idle turn: LIMIT: input is polled, the UART's interrupt is not used. */
bool console_poll(void);

/* The kept log, oldest first: copies up to n bytes from *index (a running byte number; moved up
 * when that part is gone) and advances *index. clear: later reads from 0 start behind what is there
 * now. */
size_t console_log_read(char *buf, size_t n, uint64_t *index, bool clear);

_Noreturn void machine_poweroff(void);
_Noreturn void machine_reboot(void); /* halts instead with "noreboot" */

#endif
