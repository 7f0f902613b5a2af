/* SPDX-License-Identifier: MIT */
/*
 * A ring of text: the newest bytes of an endless log. Owns two running byte numbers, which wrap at
 * 2^32 as XEN_SYSCTL_readconsole's index does: [start, end) is what can be read.
 * Invariant RING-1: end - start <= size, and both only grow.
 * No lock of its own: the console's ring is guarded by the console lock.
 */
#ifndef CORE_LOGRING_H
#define CORE_LOGRING_H

#include "lib/types.h"

struct logring {
    char *data;
    uint32_t size; /* power of two */
    uint32_t start, end;
};

void logring_write(struct logring *r, const char *s, size_t n);
/* Move to more room (a power of two, larger than now), with all that is there. */
void logring_move(struct logring *r, char *data, uint32_t size);

/*
 * Copies up to n bytes and returns how many. They begin at the oldest, or with `incremental` at
 * *index if that still lies ahead of the oldest (an index the ring never had: at the oldest).
 * *index becomes the number of the byte after the last copied one. clear: what was copied, and all before it, is
 * forgotten.
 */
size_t logring_copy(struct logring *r, char *buf, size_t n, uint32_t *index, bool clear,
                    bool incremental);

#endif
