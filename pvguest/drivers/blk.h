/* SPDX-License-Identifier: MIT */
/*
 * A disk as its two files see it: blkfront.c talks to the store, blkring.c to the ring.
 *
 * A request is cut into pieces, each in a slot, whose number is the id on the ring.
 *   FREE -> SENT          it is on the ring
 *   SENT -> FREE          its response came
 *   SENT -> LOST          the back end went away: it goes to the next one, before everything new
 *   SENT -> STUCK -> FREE the device was given up, the request has failed; grants are still out until release
 */
#ifndef PVGUEST_BLK_H
#define PVGUEST_BLK_H

#include "blkfront.h"
#include "frontring.h"
#include "xenbus.h"

#include <xen/io/blkif.h>
#include <xen/io/protocols.h>

#define BLK_SLOTS 256u
#define BLK_SEGMENTS_MAX 64u
#define BLK_POOL_MAX 1024u
#define BLK_RING_ORDER_MAX 3u

/* A granted page: ours, kept granted, or for a time the caller's. */
struct blk_seg {
    struct blk_seg *next;
    char *page; /* ours; NULL: none yet */
    grant_ref_t ref;
    bool granted;
};

struct blk_slot {
    enum { BLK_FREE, BLK_SENT, BLK_LOST, BLK_STUCK } state;
    uint8_t operation; /* on the ring */
    unsigned int next_free;
    struct block_request *request;
    uint64_t at; /* in the request */
    uint64_t size;
    struct blk_seg *segs;
    char *indirect; /* a page of segments; NULL: none yet */
    grant_ref_t indirect_ref;
    bool indirect_granted;
};

struct block {
    struct xenbus_device bus;
    bool attached;
    bool up;      /* requests may go onto the ring */
    bool polling; /* somebody looks at the ring: what is submitted now is sent when that ends */

    struct front_ring ring;
    unsigned int ring_order;
    char *ring_pages;
    grant_ref_t ring_refs[1 << BLK_RING_ORDER_MAX];
    evtchn_port_t port;

    bool persistent, flush, barrier, discard, read_only;
    unsigned int max_segments;
    bool indirect;
    uint64_t sectors; /* of 512 bytes, whatever the device's are */
    unsigned int sector_size;

    struct blk_slot slots[BLK_SLOTS];
    unsigned int free_slot; /* BLK_SLOTS: none */
    unsigned int lost;      /* slots that are LOST */
    struct blk_seg *pool;
    struct blk_seg *seg_memory;
    unsigned int segs_made;
    struct block_request *queue, **queue_end;
};

/* blkring.c */
void blk_init(struct block *b);
/* Sends what waits. */
void blk_pump(struct block *b);
/* What is on the ring has to be sent again. */
void blk_lose(struct block *b);
/* All requests fail. */
void blk_fail_all(struct block *b, long error);
/* The back end let go: ends all grants. */
void blk_release(struct block *b);

#endif
