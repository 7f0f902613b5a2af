/* SPDX-License-Identifier: MIT */
/*
 * The guest's console: for the first domain the hypervisor's own, by console_io; for any other the
 * ring that the toolstack put into start_info. Output is collected until a newline, because each
 * chunk costs a hypercall or an event.
 *
 * LIMIT: when a ring stays full for a second, because nobody reads it, further output is dropped.
 */
#ifndef PVGUEST_CONSOLE_H
#define PVGUEST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* After this a guest that is not the first domain writes to its ring. Called by pv_start(). */
void console_init(void);

void console_write(const char *text, size_t length);

/* Sends what has no newline yet. */
void console_flush(void);

/* Input that is there, at most size bytes; never waits. */
size_t console_read(char *out, size_t size);

/* From now on write to console_io as well, whoever we are: for last words. */
void console_emergency(void);

#endif
