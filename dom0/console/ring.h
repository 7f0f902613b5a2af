/* SPDX-License-Identifier: MIT */
/*
 * The two rings of bytes in a page that is shared with a guest: `out` is what it prints, `in` what it is to read.
 *
 * 1. Everything in the page may change at any time, and may be a lie: the guest's indices are read once a call and believed only
 *    as far as they are possible; the daemon's own indices are kept here, and what the page says of them is never read again.
 * 2. An impossible index is an error that stays one: the caller cuts the console off.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xen/io/console.h>

struct console_ring {
    struct xencons_interface *page;
    XENCONS_RING_IDX out_cons, in_prod;
};

/* Goes on where the page says that the last daemon stopped. */
void console_ring_start(struct console_ring *r, struct xencons_interface *page);
/* What was printed, at most n bytes; they are taken from the ring. 0: nothing; -1: an impossible index. */
ssize_t console_ring_take(struct console_ring *r, char *to, size_t n);
/* How many bytes more the guest can be given to read. -1: an impossible index. */
ssize_t console_ring_room(const struct console_ring *r);
/* Gives it bytes to read; how many had room. -1: an impossible index. */
ssize_t console_ring_put(struct console_ring *r, const char *from, size_t n);

#endif
