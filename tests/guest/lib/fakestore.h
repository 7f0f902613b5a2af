/* SPDX-License-Identifier: MIT */
/*
 * A store daemon for tests of the drivers, in a thread of the guest itself: the client's page and port lead to it.
 * Relative paths stay as they are. The test is the other side of everything: it sets keys, which fires watches, and
 * looks at what the guest wrote. What it grants is found in its own grant table.
 */
#ifndef TEST_FAKESTORE_H
#define TEST_FAKESTORE_H

#include "pvguest.h"

#include <xen/io/xs_wire.h>

/* Must come before anything that uses the store. */
void fake_store_start(void);
/* Sets a key; fires watches. */
void fake_set(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Removes it and all below. */
void fake_remove(const char *path);
/* Its number; ~0: there is none. */
uint64_t fake_number(const char *path);
/* Waits until the key has this number; false: it takes too long. */
bool fake_await(const char *path, uint64_t number);

/* What the daemon's side of the ring looks like, for mischief. */
extern struct xenstore_domain_interface *fake_ring;
void fake_ring_notify(void);
/* Called with each request before it is served; true: it was dealt with. */
extern bool (*fake_store_hook)(const struct xsd_sockmsg *head);
/* Puts bytes into the answers. */
void fake_put(const void *data, size_t n);

/* The page behind a grant of ours; NULL: not granted. */
void *fake_granted(uint64_t ref);

#endif
