/* SPDX-License-Identifier: MIT */
#ifndef STORE_LOG_H
#define STORE_LOG_H

enum { LOG_ERROR, LOG_NOTE, LOG_DETAIL };

extern int log_level;

void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
