/* SPDX-License-Identifier: MIT */
/*
 * What a block device's next daemon must know, in a file of BACKEND_DIRECTORY that is mapped: it outlives the process, also one
 * that is killed between any two instructions, but not the machine.
 *
 * 1. A request that was taken from the ring is in an entry, whole, until its answer was published: its slot in the ring is soon
 *    an answer's.
 * 2. taken: an entry is written, then marked, then `taken` is counted up. A marked entry whose index is `taken` counts as taken.
 * 3. answered: answers are written into the ring, their entries say where, then `answered` is counted up: from then on they have
 *    been given. Then the ring's rsp_prod follows, and the entries are freed. The next daemon publishes `answered` once more,
 *    frees the entries below it and does the others again: doing a request twice before it was answered shows nowhere, as long as
 *    nothing of the first time is still on its way (blkio.c waits for that).
 */
#ifndef BACKEND_BLKJOURNAL_H
#define BACKEND_BLKJOURNAL_H

#include "blkring.h"
#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_QUEUES 4u

enum { ENTRY_FREE, ENTRY_BUSY, ENTRY_ANSWERED };

struct journal_entry {
    uint32_t state;
    uint32_t index;  /* in the ring, of the request */
    uint32_t answer; /* ENTRY_ANSWERED: of its answer */
    uint32_t unused;
    union blk_slot slot;
};

/* Which rings it is of; those of another connection are not to be believed. */
struct journal_ring {
    uint32_t port, ref[BLK_PAGES_MAX];
    uint32_t pages;
};

struct journal_queue {
    struct journal_ring ring;
    uint32_t taken, answered;
    uint32_t slots, first; /* of its entries */
};

struct journal_head {
    uint32_t magic, version, nr_queues, unused;
    struct journal_queue queue[JOURNAL_QUEUES];
};

struct journal {
    char path[96];
    size_t size;
    struct journal_head *head;
    struct journal_entry *entry;
};

extern const char *journal_directory; /* BACKEND_DIRECTORY */

/* A new one for these rings; 0 or errno. */
int journal_make(struct journal *j, unsigned domid, unsigned id, const struct journal_ring *rings, unsigned n);
/* The last daemon's; 0, or errno: there is none, or it is of other rings. */
int journal_open(struct journal *j, unsigned domid, unsigned id, const struct journal_ring *rings, unsigned n);
void journal_close(struct journal *j, bool remove);
/* Sets in order what a killed process left; counts the queue's busy entries. -1: it contradicts itself. */
int journal_recover(struct journal *j, unsigned queue);

void journal_take(struct journal_queue *q, struct journal_entry *e, uint32_t index);
void journal_answer(struct journal_entry *e, uint32_t index);
void journal_commit(struct journal_queue *q, uint32_t answered);
void journal_free(struct journal_entry *e);

#endif
