/* SPDX-License-Identifier: MIT */
#include "core/ratelimit.h"

#define SECOND 1000000000ull

static void fill(struct ratelimit *l, const struct rate *rate, uint64_t now)
{
    uint64_t passed, due;

    if (!l->last) {
        l->tokens = rate->burst;
        l->last = now | 1;
        return;
    }
    passed = now > l->last ? now - l->last : 0;
    if (passed / SECOND >= rate->burst) { /* and so the product below cannot overflow */
        l->tokens = rate->burst;
        l->last = now;
        return;
    }
    due = passed * rate->per_second / SECOND;
    if (!due)
        return; /* the fraction of a token goes on growing */
    l->last += due * SECOND / rate->per_second;
    l->tokens = (uint32_t)min((uint64_t)rate->burst, l->tokens + due);
}

bool ratelimit_pass(struct ratelimit *l, const struct rate *rate, uint64_t now, uint32_t cost)
{
    fill(l, rate, now);
    if (l->tokens >= cost) {
        l->tokens -= cost;
        return true;
    }
    if (l->missed < UINT32_MAX)
        l->missed++;
    return false;
}

uint32_t ratelimit_missed(struct ratelimit *l)
{
    uint32_t n = l->missed;

    l->missed = 0;
    return n;
}
