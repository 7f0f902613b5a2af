/* SPDX-License-Identifier: MIT */
/* LINK: core/frame.c */
#include "lib/rangeset.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

/* Numbers 0..63 as bits: the model that every set is compared with. */
static uint64_t range_bits(unsigned first, unsigned last)
{
    return (last == 63 ? ~0ull : (1ull << (last + 1)) - 1) & ~((1ull << first) - 1);
}

static void audit(const struct rangeset *s, uint64_t model)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < s->count; i++) {
        cr_assert_leq(s->r[i].first, s->r[i].last);
        cr_assert_lt(s->r[i].last, 64);
        if (i)
            cr_assert_gt(s->r[i].first, s->r[i - 1].last + 1, "neighbours must be joined");
        bits |= range_bits((unsigned)s->r[i].first, (unsigned)s->r[i].last);
    }
    cr_assert_eq(bits, model);
}

Test(rangeset, new_set_contains_nothing)
{
    struct rangeset *s = rangeset_new();

    cr_assert(!rangeset_contains(s, 0, 0));
    cr_assert(!rangeset_overlaps(s, 0, ~0ull));
    rangeset_free(s);
}

Test(rangeset, missing_set_contains_nothing)
{
    cr_assert(!rangeset_contains(NULL, 0, 0));
    cr_assert(!rangeset_overlaps(NULL, 0, ~0ull));
    rangeset_free(NULL);
}

Test(rangeset, adjacent_ranges_are_joined)
{
    struct rangeset *s = rangeset_new();

    rangeset_add(s, 10, 19);
    rangeset_add(s, 30, 39);
    rangeset_add(s, 20, 29);
    cr_assert_eq(s->count, 1);
    cr_assert(rangeset_contains(s, 10, 39));
    cr_assert(!rangeset_contains(s, 9, 10));
    cr_assert(!rangeset_contains(s, 39, 40));
    rangeset_free(s);
}

Test(rangeset, removing_the_middle_leaves_both_ends)
{
    struct rangeset *s = rangeset_new();

    rangeset_add(s, 0, 63);
    cr_assert_eq(rangeset_remove(s, 20, 29), 0);
    audit(s, range_bits(0, 19) | range_bits(30, 63));
    cr_assert(rangeset_overlaps(s, 19, 25));
    cr_assert(!rangeset_overlaps(s, 20, 29));
    rangeset_free(s);
}

Test(rangeset, extreme_numbers_do_not_wrap)
{
    struct rangeset *s = rangeset_new();

    rangeset_add(s, ~0ull, ~0ull);
    rangeset_add(s, 0, 0);
    cr_assert_eq(s->count, 2);
    cr_assert(rangeset_contains(s, ~0ull, ~0ull));
    cr_assert(!rangeset_contains(s, 1, ~0ull));
    rangeset_add(s, 0, ~0ull);
    cr_assert_eq(s->count, 1);
    cr_assert_eq(rangeset_remove(s, 0, ~0ull), 0);
    cr_assert_eq(s->count, 0);
    rangeset_free(s);
}

Test(rangeset, reversed_range_changes_nothing)
{
    struct rangeset *s = rangeset_new();

    rangeset_add(s, 10, 19);
    cr_assert_eq(rangeset_add(s, 30, 20), 0);
    cr_assert_eq(rangeset_remove(s, 15, 12), 0);
    audit(s, range_bits(10, 19));
    cr_assert(!rangeset_contains(s, 15, 12));
    rangeset_free(s);
}

Test(rangeset, random_operations_agree_with_a_bitmap)
{
    struct rangeset *s = rangeset_new();
    uint64_t model = 0;

    srand(1);
    for (int i = 0; i < 20000; i++) {
        unsigned a = (unsigned)rand() % 64, b = a + (unsigned)rand() % (64 - a);
        uint64_t bits = range_bits(a, b);

        if (rand() & 1) {
            cr_assert_eq(rangeset_add(s, a, b), 0);
            model |= bits;
        } else {
            cr_assert_eq(rangeset_remove(s, a, b), 0);
            model &= ~bits;
        }
        audit(s, model);
        a = (unsigned)rand() % 64;
        b = a + (unsigned)rand() % (64 - a);
        bits = range_bits(a, b);
        cr_assert_eq(rangeset_contains(s, a, b), (model & bits) == bits);
        cr_assert_eq(rangeset_overlaps(s, a, b), (model & bits) != 0);
    }
    rangeset_free(s);
}
