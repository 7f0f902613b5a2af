/* SPDX-License-Identifier: MIT */
/*
 * The store: a client over the ring that the toolstack put into start_info.
 *
 * Any thread may ask; one request is on the ring at a time, and whoever asks waits for its answer.
 * Results are lengths or 0, or a negated error: what the store said, -XEN_E2BIG for what does not fit,
 * -XEN_ENODEV without a store, -XEN_EIO when the store is dead. Paths are absolute, or relative to the
 * domain's own folder.
 *
 * Nothing that the store says is believed. An answer that breaks the protocol (indices beyond the ring,
 * too long, not what was asked) costs the connection: it is made anew, watches are set again, and the
 * question is asked again. Requests of a transaction fail with -XEN_EAGAIN then, as do those of one that
 * met a conflict. The same happens when the daemon itself begins anew. A store that does not know how to
 * reconnect, or needs it too often, is dead from then on; the reason is printed.
 */
#ifndef PVGUEST_STORE_H
#define PVGUEST_STORE_H

#include "xen.h"

#define STORE_PATH_MAX 256 /* ours; the protocol allows more */
#define STORE_VALUE_MAX 4096
#define STORE_NO_TX 0u

bool store_there(void);

/* The value, which may hold zeros, and a zero behind it: size counts that as well. */
long store_read(uint32_t tx, const char *path, char *out, size_t size);
long store_write(uint32_t tx, const char *path, const void *value, size_t length);
long store_printf(uint32_t tx, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
long store_mkdir(uint32_t tx, const char *path);
long store_rm(uint32_t tx, const char *path);
/* Names of children, each with a zero behind it; the sum of their lengths. */
long store_directory(uint32_t tx, const char *path, char *out, size_t size);
/* As the protocol writes them: "n0", "r5", each with a zero behind it. */
long store_set_perms(uint32_t tx, const char *path, const char *perms, size_t length);

/* A decimal number that is nothing else: 0, or -XEN_EINVAL, or what store_read() says. */
long store_read_number(uint32_t tx, const char *path, uint64_t *value);
/* The number, or what shall stand for a missing or senseless one. */
uint64_t store_number_or(const char *path, uint64_t otherwise);

long store_tx_start(uint32_t *tx);
/* -XEN_EAGAIN: somebody else changed what it touched; begin again. */
long store_tx_end(uint32_t tx, bool commit);

/*
 * A watch belongs to the caller, in static memory. It fires once when it is set, and after each change
 * at or below its path; changes that come before anybody looks are one.
 */
struct store_watch {
    struct store_watch *next;
    uint32_t number;
    bool fired;
    char path[STORE_PATH_MAX];
};

long store_watch(struct store_watch *w, const char *path);
void store_unwatch(struct store_watch *w);
/* Did it fire? Takes in what the ring has; may be part of a thread's condition. */
bool store_watch_pending(struct store_watch *w);
/* The same, and it is looked at from now on. */
bool store_watch_take(struct store_watch *w);
bool store_watch_wait(struct store_watch *w, uint64_t deadline);

/* Any request to the store as it is, for tests: type, and what follows the header. */
long store_request(uint32_t type, uint32_t tx, const void *payload, size_t length, char *out,
                   size_t size);
/* Begins anew, as after a failure. */
long store_reconnect(void);

#endif
