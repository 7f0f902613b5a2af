/* SPDX-License-Identifier: MIT */
/*
 * The console as the rest of the hypervisor reaches it, and the machine's two ways out.
 * Port: x86/console.c, x86/power.c. Its parts: core/logring.h, core/conin.h, core/guestline.h,
 * core/ratelimit.h; the debug keys: core/keys.h.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "lib/types.h"

struct domain;

/*
 * Output of d: raw for the control domain; for others whole lines only, each tagged "(dN) ", within
 * a budget. Returns how many bytes were taken: fewer than n only of the control domain, when the line is
 * slower; it should come back with the rest.
 */
size_t console_guest_write(struct domain *d, const char *buf, size_t n);
/* d is going: its unfinished line, and how many were left out. */
void console_domain_gone(struct domain *d);

/* What was typed and not yet read, up to n bytes; for the control domain. */
size_t console_read(char *buf, size_t n);

/*
 * The log ring, as XEN_SYSCTL_readconsole reads it (see logring_copy() in core/logring.h). For a long
 * buffer: the first piece with the caller's `incremental`, each further one incremental from the index the last
 * one gave.
 */
size_t logring_read(char *buf, size_t n, uint32_t *index, bool clear, bool incremental);

/* There is news in the ring (VIRQ_CON_RING): from the exit path, where no lock is held. */
extern bool console_news;
void console_tell_news(void);

_Noreturn void machine_poweroff(void);
_Noreturn void machine_reboot(void); /* halts instead with "noreboot" */

#endif
