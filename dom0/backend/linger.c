/* SPDX-License-Identifier: MIT */
#include "linger.h"

#define COSTS 64u /* measured, for the shortest of them */

static uint64_t cost, least; /* of the last COSTS, and of those since */
static unsigned costs;

void linger_cost(uint64_t ticks)
{
    if (!costs || ticks < least)
        least = ticks;
    if (!cost || least < cost)
        cost = least;
    if (++costs < COSTS)
        return;
    cost = least;
    costs = 0;
}

static bool bet_wanted(struct bet *b)
{
    if (b->luck)
        return true;
    if (++b->tries < b->pause)
        return false;
    b->tries = 0;
    return true;
}

static void bet_won(struct bet *b)
{
    b->pause = LINGER_TRY;
    if (b->luck < LINGER_LUCK_MOST)
        b->luck++;
}

static void bet_lost(struct bet *b)
{
    if (b->luck)
        b->luck--;
    else if (b->pause < LINGER_TRY_MOST)
        b->pause = b->pause ? (uint16_t)(b->pause * 2) : LINGER_TRY;
}

static void spun_in_vain(struct lingering *l)
{
    l->spins = false;
    bet_lost(&l->beside);
}

/* Since the last look this processor was ours. */
static bool undisturbed(const struct lingering *l, uint64_t now)
{
    return now - l->last < cost * LINGER_CALLS / 4;
}

bool linger_more(struct lingering *l, bool took, uint64_t now)
{
    if (took) {
        l->rounds = bet_wanted(&l->here) ? LINGER_ROUNDS : 0;
        l->spins = cost && bet_wanted(&l->beside);
        l->begun = 0;
        return l->rounds || l->spins;
    }
    if (l->rounds && !--l->rounds)
        bet_lost(&l->here);
    if (l->spins) {
        if (!l->begun)
            l->begun = now;
        else if (now - l->begun > cost * LINGER_CALLS || !undisturbed(l, now))
            spun_in_vain(l);
        l->last = now;
    }
    return l->rounds || l->spins;
}

void linger_found(struct lingering *l, uint64_t now)
{
    if (l->rounds)
        bet_won(&l->here);
    l->rounds = 0;
    if (!l->spins || !l->begun)
        return;
    l->begun = 0;
    if (undisturbed(l, now))
        bet_won(&l->beside);
    else
        spun_in_vain(l);
}

void linger_gave(struct lingering *l, uint64_t ticks)
{
    if (!l->rounds || ticks <= cost * LINGER_GIVEN)
        return;
    l->rounds = 0;
    bet_lost(&l->here);
}
