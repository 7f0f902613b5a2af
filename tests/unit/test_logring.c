/* SPDX-License-Identifier: MIT */
/* LINK: core/logring.c */
#include "core/logring.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char memory[16];
static struct logring r;

static void setup(void)
{
    r = (struct logring){.data = memory, .size = sizeof(memory)};
}

TestSuite(logring, .init = setup);

static void add(const char *s)
{
    logring_write(&r, s, strlen(s));
}

static const char *copied(size_t n, uint32_t *index, bool clear, bool incremental)
{
    static char buf[64];

    n = logring_copy(&r, buf, n, index, clear, incremental);
    buf[n] = 0;
    return buf;
}

Test(logring, keeps_the_newest)
{
    uint32_t at = 0;

    add("0123456789");
    add("abcdefghij");
    cr_assert_str_eq(copied(63, &at, false, false), "456789abcdefghij");
    cr_assert_eq(at, 20);
    add("a text that is longer than the whole ring");
    cr_assert_str_eq(copied(63, &at, false, false), "n the whole ring");
}

Test(logring, a_reader_goes_on_where_it_was)
{
    uint32_t at = 12345; /* not incremental: not looked at */

    add("abcdef");
    cr_assert_str_eq(copied(4, &at, false, false), "abcd");
    cr_assert_eq(at, 4);
    cr_assert_str_eq(copied(4, &at, false, true), "ef");
    cr_assert_str_eq(copied(4, &at, false, true), "");
    cr_assert_eq(at, 6);
    add("gh");
    cr_assert_str_eq(copied(4, &at, false, true), "gh");
}

Test(logring, an_index_that_is_gone_or_never_was_begins_at_the_oldest)
{
    uint32_t at = 2;

    add("0123456789abcdefgh");
    cr_assert_str_eq(copied(63, &at, false, true), "23456789abcdefgh");
    at = 1;
    cr_assert_str_eq(copied(63, &at, false, true), "23456789abcdefgh");
    at = 19;
    cr_assert_str_eq(copied(63, &at, false, true), "23456789abcdefgh");
    at = 18;
    cr_assert_str_eq(copied(63, &at, false, true), "");
}

Test(logring, clear_forgets_what_was_copied_and_no_more)
{
    uint32_t at = 0;

    add("abcdef");
    cr_assert_str_eq(copied(4, &at, true, false), "abcd");
    cr_assert_str_eq(copied(63, &at, false, false), "ef");
    cr_assert_str_eq(copied(63, &at, true, false), "ef");
    cr_assert_str_eq(copied(63, &at, false, false), "");
}

Test(logring, byte_numbers_wrap)
{
    uint32_t at = 0;

    r.start = r.end = 0xfffffff8;
    add("0123456789ab");
    cr_assert_str_eq(copied(10, &at, false, false), "0123456789");
    cr_assert_eq(at, 2);
    cr_assert_str_eq(copied(63, &at, false, true), "ab");
}

Test(logring, moving_keeps_contents_and_numbers)
{
    static char more[64];
    uint32_t at = 3;

    add("0123456789abcdef-this-wraps");
    logring_move(&r, more, sizeof(more));
    cr_assert_str_eq(copied(63, &at, false, false), "bcdef-this-wraps");
    cr_assert_eq(at, 27);
    add(" and goes on well behind the old ring's end");
    cr_assert_str_eq(copied(63, &at, false, true), " and goes on well behind the old ring's end");
    at = 0;
    cr_assert_str_eq(copied(27, &at, false, false), "bcdef-this-wraps and goes o");
}

Test(logring, random_use_is_as_a_plain_string)
{
    static char all[1 << 16];
    size_t len = 0;
    uint32_t at = 0;

    srand(1);
    while (len < sizeof(all) - 64) {
        size_t n = (size_t)rand() % 40;
        char buf[64];
        uint32_t from;

        for (size_t i = 0; i < n; i++)
            all[len + i] = (char)('a' + rand() % 26);
        logring_write(&r, all + len, n);
        len += n;
        cr_assert_leq(r.end - r.start, r.size);
        n = logring_copy(&r, buf, (size_t)rand() % 20, &at, rand() % 8 == 0, rand() % 2);
        from = at - (uint32_t)n;
        cr_assert_eq(memcmp(buf, all + from, n), 0);
    }
}
