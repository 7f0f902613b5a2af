/* SPDX-License-Identifier: MIT */
/*
 * A block back end for tests, in the guest itself: it keeps the store's side of the handshake (fakestore.h) by calls of
 * the test, and its side of the ring by a thread, which the test may have answer badly.
 */
#ifndef TEST_FAKEDISK_H
#define TEST_FAKEDISK_H

#include "blkfront.h"
#include "fakestore.h"

#include <xen/io/blkif.h>
#include <xen/io/xenbus.h>

#define FAKE_DISK_SIZE (64 * PAGE_SIZE)

struct fake_disk {
    unsigned int id;
    bool persistent, indirect;
    char data[FAKE_DISK_SIZE];
    unsigned int reads, writes, flushes, indirects;
    bool hold; /* take requests, answer none */
    /* Instead of an answer; true: it was dealt with. */
    bool (*mischief)(struct fake_disk *d, struct blkif_response *answer);

    /* its own */
    struct blkif_sring *ring;
    char *ring_pages;
    uint32_t req_cons, rsp_prod, entries;
    evtchn_port_t port;
    bool connected;
};

/* Makes the device's folders; the back end waits for the front end. */
void fake_disk_offer(struct fake_disk *d);
/* The front end has published: maps, and is connected. */
void fake_disk_connect(struct fake_disk *d);
/* Its side only: nothing is served from now on. */
void fake_disk_disconnect(struct fake_disk *d);
void fake_disk_state(struct fake_disk *d, enum xenbus_state state);
void fake_disk_remove(struct fake_disk *d);
void fake_disk_answer(struct fake_disk *d, const struct blkif_response *a);
void fake_disk_notify(struct fake_disk *d);

#endif
