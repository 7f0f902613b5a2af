/* SPDX-License-Identifier: MIT */
/* LINK: dom0/console/ring.c */
/* The console daemon's side of a guest's ring: it moves bytes in order, and believes no index that cannot be. */
#include "dom0/console/ring.h"
#include <criterion/criterion.h>
#include <string.h>

static struct xencons_interface page;
static struct console_ring r;
static char data[4096];

static void setup(void)
{
    memset(&page, 0, sizeof(page));
    console_ring_start(&r, &page);
}

TestSuite(console_ring, .init = setup);

static void guest_prints(const char *s)
{
    for (; *s; s++)
        page.out[MASK_XENCONS_IDX(page.out_prod++, page.out)] = *s;
}

Test(console_ring, an_empty_ring_has_nothing)
{
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 0);
    cr_assert_eq(page.out_cons, 0);
}

Test(console_ring, what_was_printed_is_taken_once)
{
    guest_prints("hello");
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 5);
    cr_assert_arr_eq(data, "hello", 5);
    cr_assert_eq(page.out_cons, 5);
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 0);
}

Test(console_ring, no_more_is_taken_than_asked_for)
{
    guest_prints("hello");
    cr_assert_eq(console_ring_take(&r, data, 2), 2);
    cr_assert_eq(console_ring_take(&r, data, 9), 3);
    cr_assert_arr_eq(data, "llo", 3);
}

Test(console_ring, output_goes_over_the_end_of_page_and_of_numbers)
{
    page.out_cons = page.out_prod = 0xfffffffe;
    console_ring_start(&r, &page);
    guest_prints("wraps around");
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 12);
    cr_assert_arr_eq(data, "wraps around", 12);
    cr_assert_eq(page.out_cons, 10);
}

Test(console_ring, a_full_ring_is_taken_whole)
{
    page.out_prod = sizeof(page.out);
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), sizeof(page.out));
}

Test(console_ring, an_impossible_producer_is_an_error_and_takes_nothing)
{
    page.out_prod = sizeof(page.out) + 1;
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), -1);
    page.out_prod = 0xffffffff;
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), -1);
    cr_assert_eq(page.out_cons, 0);
}

Test(console_ring, the_pages_word_for_the_daemons_index_is_not_read_again)
{
    guest_prints("one");
    console_ring_take(&r, data, sizeof(data));
    page.out_cons = 0;
    guest_prints("two");
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 3);
    cr_assert_arr_eq(data, "two", 3);
    cr_assert_eq(page.out_cons, 6);
}

Test(console_ring, a_new_daemon_goes_on_where_the_last_one_stopped)
{
    guest_prints("one");
    console_ring_take(&r, data, sizeof(data));
    guest_prints("two");
    console_ring_start(&r, &page);
    cr_assert_eq(console_ring_take(&r, data, sizeof(data)), 3);
    cr_assert_arr_eq(data, "two", 3);
}

Test(console_ring, what_is_typed_arrives_as_far_as_it_has_room)
{
    memset(data, 'x', sizeof(data));
    cr_assert_eq(console_ring_room(&r), sizeof(page.in));
    cr_assert_eq(console_ring_put(&r, data, sizeof(page.in) + 9), sizeof(page.in));
    cr_assert_eq(console_ring_put(&r, data, 1), 0);
    page.in_cons = 4;
    cr_assert_eq(console_ring_put(&r, "abcdef", 6), 4);
    cr_assert_eq(page.in_prod, sizeof(page.in) + 4);
    cr_assert_arr_eq(page.in, "abcdx", 5);
}

Test(console_ring, input_goes_over_the_end_of_the_page)
{
    page.in_cons = page.in_prod = sizeof(page.in) - 2;
    console_ring_start(&r, &page);
    cr_assert_eq(console_ring_put(&r, "abcd", 4), 4);
    cr_assert_arr_eq(page.in + sizeof(page.in) - 2, "ab", 2);
    cr_assert_arr_eq(page.in, "cd", 2);
}

Test(console_ring, an_impossible_consumer_is_an_error_and_gives_nothing)
{
    page.in_cons = 1; /* read what was never typed */
    cr_assert_eq(console_ring_room(&r), -1);
    cr_assert_eq(console_ring_put(&r, "x", 1), -1);
    cr_assert_eq(page.in_prod, 0);
}
