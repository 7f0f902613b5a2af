/* SPDX-License-Identifier: MIT */
/*
 * The block back end's own: a disk has an image and, while it is connected, queues; a queue has a ring, a port, its part of the
 * journal, and a `work` for each request it can have taken, the one with the same number as the request's journal entry.
 *
 *   ring --take--> [descriptors are copied] --> parsed --> [data is copied in] --> io ... --> [data is copied out] --> answered
 *
 * A round of the loop takes all its requests one step further together, so that it needs one system call for each kind of step:
 * copying grants, submitting (with the loop's wait), and a notification a queue. What is in brackets is left out where it is not needed.
 *
 * 1. Each request that was taken is answered once, or dropped when its queue is closed.
 * 2. Between `close` of a queue and the end of its last work nothing touches the guest's memory any more.
 * 3. A barrier waits until nothing else of its disk is on its way, and nothing is taken while it waits or runs.
 */
#ifndef BACKEND_BLK_H
#define BACKEND_BLK_H

#include "backend.h"
#include "blkimage.h"
#include "blkio.h"
#include "blkjournal.h"
#include "blkpersist.h"
#include "blkring.h"
#include "linger.h"
#include <sys/uio.h>

struct queue;

enum { STEP_FLUSH = 1, STEP_DATA = 2, STEP_FLUSH_AFTER = 4 };

struct work {
    struct blkio io; /* first */
    struct queue *q;
    struct blk_request r;
    uint8_t steps;         /* still to be done */
    uint8_t step;          /* being done */
    int16_t status;
    struct blkif_request_segment *descriptors;
    uint8_t *data;         /* a copy of the guest's data, or else: */
    struct mapped_page *pages; /* one a segment */
    size_t bytes, done;    /* of the data */
    struct iovec *v;       /* what is still to be done */
    struct mapped_page few_pages[BLKIF_MAX_SEGMENTS_PER_REQUEST];
    struct iovec few_v[BLKIF_MAX_SEGMENTS_PER_REQUEST];
    TAILQ_ENTRY(work) turn;
};

TAILQ_HEAD(work_list, work);

struct queue {
    struct disk *disk;
    struct port port;
    struct blk_ring ring;
    struct journal_queue *journal;
    struct journal_entry *entry;
    struct work *work;
    uint16_t *unused;      /* numbers of free works */
    unsigned nr_unused;
    uint16_t *again;       /* takeover: those that the last daemon had taken, in the ring's order */
    unsigned nr_again, next_again;
    bool active, answered; /* on the lists of those with requests, and with answers to publish */
    bool delayed;          /* its event stays masked for a while: `idle` events in a row brought nothing */
    unsigned idle;
    struct lingering linger;
    struct work_list answers;
    struct persist persist;
    TAILQ_ENTRY(queue) turn, publish, delay;
};

struct disk {
    struct device *d;
    struct image image;
    struct blk_disk limits;
    bool persistent;       /* the front end uses its grants again */
    struct journal journal;
    struct queue queue[JOURNAL_QUEUES];
    unsigned nr_queues;
    bool closing;
    unsigned on_the_way;   /* works that the kernel has, or that wait for it */
    struct work *barrier;  /* waits or runs */
    bool barrier_waits;
    uint64_t last_error;   /* when it was said in the log */
    bool stalled;          /* nothing is taken: a barrier, or too many bytes are on the way */
    size_t bytes;
    uint64_t refuse_until;
    TAILQ_ENTRY(disk) refuse;
};

int queues_start(void);                 /* 0 or errno */
/* blkqueue.c: 0, or errno after device_fail() */
int queue_open(struct disk *disk, unsigned n, const struct journal_ring *ring, bool takeover);
void queue_close(struct queue *q); /* lets go of the guest; its works may still run */
void queue_free(struct queue *q);
void queue_wake(struct queue *q);  /* it gets a turn */
bool queues_round(void);
/* blk.c: called when the last work of a closing disk has ended */
void disk_ended(struct disk *disk);
/* Lets go of the guest, and of everything else as soon as storage has done what it has. */
void disk_leave(struct disk *disk);
/*
 * blkrefuse.c: a folder of a disk that is in use was removed. Linux's front end waits for an answer to each request before it
 * lets the device go, also to those that are still on their way to the ring: so they have errors for some seconds, or until the
 * guest ends; disk_leave() then. False: there is nobody to answer.
 */
bool refuse_begin(struct disk *disk);

#endif
