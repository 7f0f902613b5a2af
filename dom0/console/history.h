/* SPDX-License-Identifier: MIT */
/*
 * The end of what a guest printed, at most HISTORY_BYTES of it. Positions count all bytes that were ever printed, so that each
 * reader of a console (a pseudo-terminal, an attached client) is nothing but a position: who is slow loses what has become too
 * old, and holds up nobody.
 *
 * The memory grows with what is in it. A history is shared by counting references: an attached client keeps it when the guest dies.
 */
#ifndef CONSOLE_HISTORY_H
#define CONSOLE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define HISTORY_BYTES 65536u

struct history {
    unsigned references;
    size_t size;            /* of data: a power of two, or 0 */
    uint64_t begin, end;    /* positions: end - begin <= size */
    char *data;
};

struct history *history_new(void); /* one reference; NULL: no memory */
struct history *history_get(struct history *h);
void history_put(struct history *h);
/* When there is no memory to grow, older bytes make room earlier. */
void history_add(struct history *h, const char *data, size_t n);
/* The bytes from *position on that lie together: how many, 0 at the end. A position before the beginning is moved there. */
size_t history_peek(const struct history *h, uint64_t *position, const char **data);
size_t history_copy(const struct history *h, char *to); /* all of it, end - begin bytes */

#endif
