/* SPDX-License-Identifier: MIT */
/* A daemon's words: to standard error in the foreground, else to syslog. */
#ifndef DOM0_LOG_H
#define DOM0_LOG_H

#include <stdbool.h>

enum { LOG_ERROR, LOG_NOTE, LOG_DETAIL };

extern int log_level; /* what is above it is not said; LOG_NOTE at first */

/* Before log_line(). `name` is kept. */
void log_open(const char *name, bool foreground);
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
