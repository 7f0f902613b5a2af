/* SPDX-License-Identifier: MIT */
/* LINK: core/conin.c */
#include "core/conin.h"
#include <criterion/criterion.h>
#include <string.h>

#define A "\x01"

static struct conin c;
static char keys[256];
static unsigned nr_keys, switches;

static void setup(void)
{
    memset(&c, 0, sizeof(c));
    c.switch_key = 1;
    nr_keys = switches = 0;
}

TestSuite(conin, .init = setup);

static void type(const char *s)
{
    for (; *s; s++) {
        unsigned n;
        char k[3];
        enum conin_got got = conin_byte(&c, *s, k, &n);

        switches += got == CONIN_SWITCHED;
        cr_assert(got == CONIN_KEYS || n == 0);
        memcpy(keys + nr_keys, k, n);
        nr_keys += n;
    }
    keys[nr_keys] = 0;
}

static const char *input(void)
{
    static char buf[CONIN_SIZE + 1];
    size_t n = conin_read(&c, buf, CONIN_SIZE);

    buf[n] = 0;
    return buf;
}

Test(conin, what_is_typed_is_read_once)
{
    type("hello");
    cr_assert_str_eq(input(), "hello");
    cr_assert_str_eq(input(), "");
}

Test(conin, three_times_the_key_switches_and_is_eaten)
{
    type("ab" A A A "hq" A A A "cd");
    cr_assert_eq(switches, 2);
    cr_assert_str_eq(input(), "abcd");
    cr_assert_str_eq(keys, "hq");
}

Test(conin, fewer_than_three_are_input)
{
    type("a" A "b" A A "c");
    cr_assert_str_eq(input(), "a" A "b" A A "c");
    type(A A A A A "q");
    cr_assert_str_eq(keys, A A "q");
    cr_assert_str_eq(input(), "");
    cr_assert_eq(switches, 1);
}

Test(conin, six_in_a_row_switch_twice)
{
    type(A A A A A A "x");
    cr_assert_eq(switches, 2);
    cr_assert_str_eq(input(), "x");
}

Test(conin, without_a_switch_key_all_is_input)
{
    c.switch_key = 0;
    type(A A A "x");
    cr_assert_str_eq(input(), A A A "x");
}

Test(conin, a_full_buffer_loses_the_newest_and_still_switches)
{
    for (unsigned i = 0; i < CONIN_SIZE + 100; i++)
        type(i % 2 ? "y" : "x");
    cr_assert(conin_full(&c));
    type(A A A "q");
    cr_assert_str_eq(keys, "q");
    cr_assert_eq(strlen(input()), CONIN_SIZE);
    cr_assert(!conin_full(&c));
}

Test(conin, four_kib_fit_before_it_counts_as_full)
{
    for (unsigned i = 0; i < 4096; i++) {
        cr_assert(!conin_full(&c));
        type("z");
    }
    cr_assert_eq(strlen(input()), 4096);
}

Test(conin, positions_wrap)
{
    c.in = c.out = 0xfffffffe;
    type("wraps");
    cr_assert_str_eq(input(), "wraps");
}
