/* SPDX-License-Identifier: MIT */
/*
 * The store's protocol (xen/io/xs_wire.h) with requests in a row: any number is queued, sent by one write, and answered in
 * their order. libxenstore waits for each answer before the next question; that is what a creation of 50 requests waited for.
 *
 * A wire is used by one thread, and either for requests or for watches. (libxenstore's watches need a thread, whose small stack
 * a statically linked program refuses.)
 *
 * Invariants: replies are taken in the order of wire_put(), each once, before the next wire_put(); after an error of the
 * connection itself the wire is closed, what was queued is lost, and the next wire_put() connects again.
 */
#ifndef PXL_WIRE_H
#define PXL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    int fd;
    bool device;          /* /dev/xen/xenbus: one message a write */
    char *out;            /* queued messages */
    size_t used, room;
    unsigned queued, taken;
};

int wire_open(struct wire *w);    /* 0, or -1 with errno */
void wire_close(struct wire *w);
/* A request of type XS_*, in transaction tx, with a text (and its NUL) and `n` bytes of data behind it. -1 with errno. */
int wire_put(struct wire *w, uint32_t type, uint32_t tx, const char *text, const void *data, size_t n);
/* Sends what was put. */
int wire_send(struct wire *w);
/* The next reply: its payload malloc'ed, with a NUL behind it. 0, or -1 with errno: the store's, or the connection's. */
int wire_take(struct wire *w, char **payload, unsigned *size);

/* Watches: on a wire of their own. The event that each fires at once is dropped. */
int wire_watch(struct wire *w, const char *path);
/* Waits for the next event, -1 ms: forever: 1 with its path, 0 when the time is over, -1 with errno. */
int wire_event(struct wire *w, int timeout_ms, char *path, size_t size);

#endif
