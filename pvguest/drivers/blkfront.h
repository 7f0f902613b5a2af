/* SPDX-License-Identifier: MIT */
/*
 * Disks: the front end of xen/io/blkif.h.
 *
 *     struct block *disk = block_open(0, time_ns() + 10 * NS_PER_SEC);
 *     block_read(disk, 0, page, PAGE_SIZE);
 *
 * Offsets and sizes are in bytes and multiples of the sector size, buffers lie in ordinary memory (the linear map or
 * the image) at multiples of 512. A request of any size is cut into pieces of what the back end takes; the pieces may
 * be done in any order, and so may requests: who wants an order waits, or flushes in between.
 *
 * Requests that are under way when the back end goes away wait for the next one and are sent again. A write may so be
 * done twice, with the same data, before it is reported. When the device is detached or given up (see xenbus.h) they
 * fail with -XEN_ENODEV or -XEN_EIO, like everything after.
 *
 * Data goes through pages of ours that stay granted if the back end keeps grants mapped (feature-persistent), else
 * from and to the caller's pages, which are granted for the time of the request.
 *
 * LIMIT: a back end that does not let go of a caller's page after the request can write to it later: the device is
 * given up, but the page cannot be taken back. Pages of ours that it keeps are never used again.
 * LIMIT: one queue a device: there is one vCPU with threads.
 */
#ifndef PVGUEST_BLKFRONT_H
#define PVGUEST_BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;

/* The nth disk in the order of their device numbers, once it is connected; NULL: not before the deadline. */
struct block *block_open(unsigned int n, uint64_t deadline);
/* The one with this device number. */
struct block *block_open_id(unsigned int id, uint64_t deadline);

/* Now; the back end may change it. */
uint64_t block_size(const struct block *b);
unsigned int block_sector(const struct block *b);
unsigned int block_id(const struct block *b);
bool block_read_only(const struct block *b);
/* Why it was given up; NULL: it was not. */
const char *block_dead(const struct block *b);
/* The ways of this connection, in words: "persistent, indirect 64, ring 8". */
void block_describe(const struct block *b, char *out, size_t size);

/* Each waits for the end: 0 or a negated error: -XEN_EIO, -XEN_EOPNOTSUPP, -XEN_EINVAL, ... */
long block_read(struct block *b, uint64_t offset, void *buffer, size_t size);
long block_write(struct block *b, uint64_t offset, const void *buffer, size_t size);
long block_flush(struct block *b);
long block_discard(struct block *b, uint64_t offset, uint64_t size);

/* The same without waiting. The request is the caller's and stays until it is done; status is valid then. */
struct block_request {
    enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD } op;
    uint64_t offset;
    uint64_t size;
    void *buffer;
    /* Or NULL. Called when it is done, from whoever looks at the ring: must not wait. */
    void (*call)(struct block_request *r);
    void *data;

    bool done;
    long status;

    /* The driver's. */
    struct block *block;
    struct block_request *next;
    uint64_t sent;       /* bytes that went into pieces */
    unsigned int pieces; /* of those, not yet answered */
    bool queued;
};

void block_submit(struct block *b, struct block_request *r);
/* Shows to the back end what was submitted: waiting and polling do it as well. */
void block_poll(struct block *b);
long block_wait(struct block_request *r);

#endif
