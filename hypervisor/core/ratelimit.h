/* SPDX-License-Identifier: MIT */
/*
 * Rate limits: a bucket that fills with time and is emptied by what passes. What does not pass is
 * counted, so that it can be said later how much was left out. Zeroed memory is a full bucket.
 * No lock of its own.
 */
#ifndef CORE_RATELIMIT_H
#define CORE_RATELIMIT_H

#include "lib/types.h"

struct rate {
    uint32_t burst;      /* passes at once after a pause */
    uint32_t per_second; /* passes in the long run */
};

struct ratelimit {
    uint64_t last; /* ns: up to when the bucket has been filled; 0: never used, full */
    uint32_t tokens;
    uint32_t missed; /* since the last ratelimit_missed() */
};

/* May something of this cost pass now? If not, it is counted as one that was left out. */
bool ratelimit_pass(struct ratelimit *l, const struct rate *rate, uint64_t now, uint32_t cost);
/* How many were left out since this was asked last. */
uint32_t ratelimit_missed(struct ratelimit *l);

#endif
