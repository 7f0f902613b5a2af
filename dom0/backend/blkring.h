/* SPDX-License-Identifier: MIT */
/*
 * A block device's ring, seen from the back end: pure functions of the shared page and the private state, so that tests and fuzz
 * targets drive them.
 *
 * 1. The shared page may change at any time and may be a lie. Indices are read once a call and believed only as far as they are
 *    possible; a request is copied once, and only the copy is looked at.
 * 2. `taken` and `answered` are the back end's own, and what the page says of the latter is never read.
 * 3. answered <= taken <= answered + size.
 * 4. A parsed request is within the disk, its segments within their pages, and all of it in whole sectors of the disk.
 *
 * Sectors are of 512 bytes in all fields, whatever the disk's own sectors are: that is what front ends do.
 */
#ifndef BACKEND_BLKRING_H
#define BACKEND_BLKRING_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/blkif.h>

#define BLK_PAGE 4096u
#define BLK_SECTOR 512u
#define BLK_SEGMENTS 256u     /* of an indirect request: one page of descriptors is enough */
#define BLK_PAGES_MAX 16u     /* of a ring */

union blk_slot {
    blkif_request_t rw;
    blkif_request_discard_t discard;
    blkif_request_indirect_t indirect;
    uint64_t words[sizeof(blkif_request_t) / 8];
};

struct blk_ring {
    struct blkif_sring *shared;
    uint32_t size; /* slots, a power of two */
    uint32_t taken, answered, published;
};

struct blk_segment {
    uint32_t ref;
    uint16_t offset, bytes; /* in its page */
};

/* What a request may ask for. */
struct blk_disk {
    uint64_t sectors;
    uint32_t sector_size;   /* the disk's own */
    bool readonly, discard, flush;
};

struct blk_request {
    uint8_t operation;      /* what is to be done, and answered: never INDIRECT */
    uint64_t id, sector, sectors;
    unsigned nr_segments;
    unsigned nr_pages;      /* of descriptors; 0: the segments are known */
    uint32_t page[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
    struct blk_segment few[BLKIF_MAX_SEGMENTS_PER_REQUEST], *segment;
};

unsigned blk_ring_slots(unsigned pages);
void blk_ring_attach(struct blk_ring *r, void *shared, unsigned pages, uint32_t taken, uint32_t answered);
/* How many requests wait to be taken. -1: an impossible index. */
int blk_ring_waiting(const struct blk_ring *r);
/* The next one; only if one waits. The caller counts `taken` up when it has it safe. */
void blk_ring_copy(const struct blk_ring *r, union blk_slot *slot);
/* Asks to be notified of the next. True: it is there already. */
bool blk_ring_rest(const struct blk_ring *r);
/* Into the ring at `answered`, which goes up; seen by the front end when it is published. */
void blk_ring_answer(struct blk_ring *r, uint64_t id, uint8_t operation, int16_t status);
bool blk_ring_publish(struct blk_ring *r); /* true: the front end wants to be notified */

/* BLKIF_RSP_OKAY, or what is to be answered: r->id and r->operation are good in any case. `segment` points to `few`, or is NULL
 * when the descriptors are to be read first, nr_segments of them. */
int blk_parse(const union blk_slot *slot, const struct blk_disk *disk, struct blk_request *r);
/* With the descriptors of an indirect request, which are private copies; to: room for nr_segments. */
int blk_parse_segments(const struct blkif_request_segment *from, const struct blk_disk *disk, struct blk_request *r,
                       struct blk_segment *to);

#endif
