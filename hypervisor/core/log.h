/* SPDX-License-Identifier: MIT */
/*
 * The log: every line the hypervisor says goes through here into the kept ring and to the console.
 * Port: x86/console.c; host tests: a fake that prints to stderr.
 *   LOG_ERR always shown; LOG_WARN, LOG_INFO, LOG_DEBUG by loglvl=; LOG_GUEST by guest_loglvl=.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "lib/types.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_GUEST_ERR, LOG_GUEST, LOG_GUEST_DEBUG };

/* Would it be shown? Asked before text is made that may be for nobody. */
bool log_wanted(enum log_level level);

void log_msg(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The hypervisor itself is wrong: report with a backtrace and stop. */
_Noreturn void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

#define BUG() panic("BUG at %s:%d", __FILE__, __LINE__)
#define BUG_ON(c) do { if (unlikely(c)) panic("BUG at %s:%d: %s", __FILE__, __LINE__, #c); } while (0)

#endif
