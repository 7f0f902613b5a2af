/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/linger.c */
/* Whether a ring is looked at again: a guest on another processor, one on the same, one that is slow, and others in between. */
#include "dom0/backend/linger.h"
#include <criterion/criterion.h>

#define CALL 1000u
#define LOOK 100u
#define NEVER UINT64_MAX

static struct lingering l;
static uint64_t now = 1;

static void calls(void)
{
    for (unsigned i = 0; i < 200; i++)
        linger_cost(CALL + i % 7 * CALL);
}

/* Requests were taken and answered, and the next ones come `later`: whether they were found, or an event was asked for before.
 * Where there is a `gap`, nothing of ours runs from then on until they are there. */
static bool round_trip(uint64_t later, bool gap)
{
    uint64_t there;

    if (!linger_more(&l, true, now))
        return false;
    now += 3 * CALL;
    there = later == NEVER ? NEVER : now + later;
    for (;;) {
        if (now >= there) {
            linger_found(&l, now);
            return true;
        }
        if (!linger_more(&l, false, now))
            return false;
        now = gap && l.begun ? there : now + LOOK;
    }
}

static unsigned hits(unsigned n, uint64_t later, bool gap)
{
    unsigned found = 0;

    while (n--)
        found += round_trip(later, gap);
    return found;
}

Test(linger, a_guest_on_another_processor)
{
    calls();
    cr_assert_eq(hits(100, 10 * CALL, false), 100);
}

Test(linger, nothing_is_known_of_system_calls)
{
    cr_assert_eq(hits(100, 10 * CALL, false), 0);
}

Test(linger, a_guest_that_is_slow_costs_little)
{
    uint64_t begin;

    calls();
    begin = now;
    cr_assert_eq(hits(10000, NEVER, false), 0);
    /* What a round trip costs anyway, and less than a hundredth of the whiles. */
    cr_assert_lt(now - begin, 10000 * 4ull * CALL + 10000ull * LINGER_CALLS * CALL / 100);
}

Test(linger, a_guest_that_gets_our_processor_meanwhile)
{
    unsigned found;

    calls();
    found = hits(10000, 10 * CALL, true);
    cr_assert_lt(found, 800, "%u", found); /* the tries of both kinds alone */
}

Test(linger, at_once_on_the_same_processor)
{
    calls();
    hits(100, 2 * LOOK, false);
    cr_assert_eq(hits(100, 2 * LOOK, false), 100);
}

/* It has the processor with each notification, for `ticks`, and its next requests are there then. Times that it was given. */
static unsigned given(unsigned n, uint64_t ticks)
{
    unsigned times = 0;

    while (n--) {
        if (!linger_more(&l, true, now))
            continue;
        if (linger_gives(&l)) {
            times++;
            now += ticks;
            linger_gave(&l, ticks);
            linger_found(&l, now);
        } else {
            while (linger_more(&l, false, now))
                now += LOOK;
        }
    }
    return times;
}

Test(linger, the_processor_is_given_to_a_guest_that_gives_it_back)
{
    calls();
    cr_assert_eq(given(100, 20 * CALL), 100);
}

Test(linger, the_processor_is_not_given_to_one_that_keeps_it)
{
    calls();
    cr_assert_lt(given(10000, 1000 * CALL), 20);
}

Test(linger, it_is_not_given_to_one_beside)
{
    calls();
    hits(100, 10 * CALL, false);
    cr_assert(l.beside.luck);
    linger_more(&l, true, now);
    cr_assert_not(linger_gives(&l));
}

Test(linger, it_is_learnt_again)
{
    calls();
    hits(100, 10 * CALL, false);
    cr_assert_eq(hits(1000, NEVER, false), 0);
    cr_assert_gt(hits(2 * LINGER_TRY_MOST + 100, 10 * CALL, false), 100);
    cr_assert_eq(hits(100, 10 * CALL, false), 100);
}
