/* SPDX-License-Identifier: MIT */
/*
 * Looking at a ring again before an event is asked for. A guest that is answered often has its next requests there soon: for those
 * neither an event is needed nor what asks for one. Rounds of the loop do not wait meanwhile, others have their turns. Two bets:
 *
 * 1. The guest shares our processor. It is given the processor with the notification, and its next requests are there when that
 *    returns: a few rounds are enough. Lost if nothing is there, or if it took long, which may have held up others.
 * 2. It runs on another one: its next requests come within about as long as some system calls take here. What a guest gets by
 *    our processor's being given away in the meantime does not count: then the while stood in the way of who wanted it.
 *
 * Each ring learns which pays: either is tried now and then, more and more seldom while it is lost, and goes on while it is won at least as
 * often as not.
 */
#ifndef BACKEND_LINGER_H
#define BACKEND_LINGER_H

#include "backend.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    LINGER_ROUNDS = 3,
    LINGER_CALLS = 24, /* a while, in system calls */
    LINGER_GIVEN = 96, /* the processor was given away for long, if it was longer than so many */
    LINGER_TRY = 16,   /* requests between two tries, at first */
    LINGER_TRY_MOST = 1024,
    LINGER_LUCK_MOST = 4,
};

struct bet {
    uint8_t luck; /* how often it was won, of late */
    uint16_t tries, pause;
};

struct lingering {
    struct bet here, beside;
    uint8_t rounds; /* left for the first; 0: it is not on */
    bool spins;     /* the second is on: */
    uint64_t begun, last; /* the first empty look, 0: not yet; the last */
};

/* Time here is the processor's counter: to ask the kernel may be a system call, and all that matters is how it compares to one. */
static inline uint64_t linger_clock(void)
{
    return __builtin_ia32_rdtsc();
}

/* A system call took so long; the shortest of late counts. */
void linger_cost(uint64_t ticks);
/* The ring is empty; `took`: after some were taken in the same look. True: it is to be looked at again. */
bool linger_more(struct lingering *l, bool took, uint64_t now);
/* The first look of a round found something. */
void linger_found(struct lingering *l, uint64_t now);
/* The processor is to be given away with the notification; linger_gave() then, how long it was away. */
static inline bool linger_gives(const struct lingering *l)
{
    return l->rounds && !l->beside.luck;
}
void linger_gave(struct lingering *l, uint64_t ticks);

/* alone: nobody else's turn would come later for it. */
static inline void linger_notify(struct lingering *l, struct port *const *p, unsigned n, bool alone)
{
    bool give = alone && linger_gives(l);
    uint64_t before = linger_clock();

    ports_notify(p, n, give);
    if (give)
        linger_gave(l, linger_clock() - before);
}

#endif
