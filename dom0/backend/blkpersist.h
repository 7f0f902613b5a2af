/* SPDX-License-Identifier: MIT */
/*
 * Pages of a queue's guest that stay mapped from one request to the next, where the front end uses the same grants again
 * (feature-persistent). New ones of a request are mapped together: an extent, which is also unmapped as a whole, the one that was
 * used longest ago first, when there are more than PERSIST_MOST pages. What cannot be mapped is copied instead: this is only faster.
 *
 * An extent with users stays: the kernel may be reading or writing it.
 */
#ifndef BACKEND_BLKPERSIST_H
#define BACKEND_BLKPERSIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define PERSIST_MOST 1056u        /* pages of a queue */
#define PERSIST_ALL_MOST 32768u   /* of all guests */

struct extent;
TAILQ_HEAD(extent_list, extent);

struct persist {
    unsigned domid;
    bool on;
    unsigned pages, failures;
    struct persist_slot *slot;    /* by grant */
    struct extent_list extents;   /* used last first */
};

/* A page that is mapped, for as long as it is not put back. */
struct mapped_page {
    uint8_t *at;
    struct extent *extent;
};

void persist_open(struct persist *p, unsigned domid);
void persist_close(struct persist *p); /* nothing is in use any more */
/* n grants, at most BLK_SEGMENTS. False: not these, not now. */
bool persist_get(struct persist *p, const uint32_t *refs, unsigned n, struct mapped_page *pages);
void persist_put(const struct mapped_page *pages, unsigned n);

#endif
