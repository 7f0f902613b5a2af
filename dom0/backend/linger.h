/* SPDX-License-Identifier: MIT */
/*
 * Looking at a ring once more before sleeping. A guest that is woken may be so quick that its next requests are there already: for
 * those neither an event is needed nor what asks for one. Whether it is worth it is learnt for each ring; rounds of the loop do not
 * wait meanwhile, others have their turns.
 */
#ifndef BACKEND_LINGER_H
#define BACKEND_LINGER_H

#include <stdbool.h>
#include <stdint.h>

enum { LINGER_ROUNDS = 3, LINGER_TRY = 16, LINGER_LUCK_MOST = 4 };

struct lingering {
    uint8_t rounds; /* left; 0: it does not */
    uint8_t luck;   /* how often that was good, of late */
    uint8_t tries;
};

/* The ring is empty; `took`: after some were taken in the same look. True: it is to be looked at again. */
static inline bool linger_more(struct lingering *l, bool took)
{
    if (took)
        l->rounds = l->luck || ++l->tries % LINGER_TRY == 0 ? LINGER_ROUNDS : 0;
    else if (l->rounds && !--l->rounds && l->luck)
        l->luck--;
    return l->rounds;
}

/* The first look of a round found something. */
static inline void linger_found(struct lingering *l)
{
    if (l->rounds && l->luck < LINGER_LUCK_MOST)
        l->luck++;
}

#endif
