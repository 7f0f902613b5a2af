/* SPDX-License-Identifier: MIT */
/* LINK: core/ratelimit.c */
#include "core/ratelimit.h"
#include <criterion/criterion.h>

#define MS 1000000ull
static const struct rate rate = {.burst = 10, .per_second = 4};

Test(ratelimit, a_burst_passes_and_then_the_rate)
{
    struct ratelimit l = {0};
    unsigned passed = 0;

    for (unsigned i = 0; i < 100; i++)
        passed += ratelimit_pass(&l, &rate, 5, 1);
    cr_assert_eq(passed, 10);
    cr_assert_eq(ratelimit_missed(&l), 90);
    cr_assert_eq(ratelimit_missed(&l), 0);
    for (unsigned ms = 0; ms < 10000; ms++)
        passed += ratelimit_pass(&l, &rate, 5 + ms * MS, 1);
    cr_assert_eq(passed, 10 + 39);
}

Test(ratelimit, fractions_of_a_token_are_not_lost_by_asking_often)
{
    struct ratelimit l = {0};
    const struct rate slow = {.burst = 1, .per_second = 1};
    unsigned passed = 0;

    for (uint64_t us = 0; us <= 3000000; us++)
        passed += ratelimit_pass(&l, &slow, us * 1000 + 1, 1);
    cr_assert_eq(passed, 4);
}

Test(ratelimit, a_pause_fills_up_to_the_burst_and_no_more)
{
    struct ratelimit l = {0};

    cr_assert(ratelimit_pass(&l, &rate, 0, 10));
    cr_assert(!ratelimit_pass(&l, &rate, 0, 1));
    cr_assert(ratelimit_pass(&l, &rate, ~0ull / 2, 10)); /* and nothing overflows */
    cr_assert(!ratelimit_pass(&l, &rate, ~0ull / 2, 1));
}

Test(ratelimit, a_clock_that_goes_back_gives_nothing)
{
    struct ratelimit l = {0};

    cr_assert(ratelimit_pass(&l, &rate, 5000 * MS, 10));
    cr_assert(!ratelimit_pass(&l, &rate, 1 * MS, 1));
    cr_assert(ratelimit_pass(&l, &rate, 5251 * MS, 1));
}

Test(ratelimit, what_costs_more_than_there_is_takes_nothing)
{
    struct ratelimit l = {0};

    cr_assert(!ratelimit_pass(&l, &rate, 0, 11));
    cr_assert(ratelimit_pass(&l, &rate, 0, 10));
}
