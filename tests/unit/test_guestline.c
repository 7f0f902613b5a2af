/* SPDX-License-Identifier: MIT */
/* LINK: core/guestline.c core/ratelimit.c */
#include "core/guestline.h"
#include <criterion/criterion.h>
#include <string.h>

static struct guestline g;
static char shown[1024];

static void setup(void)
{
    memset(&g, 0, sizeof(g));
    shown[0] = 0;
}

TestSuite(guestline, .init = setup);

static void write_bytes(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!guestline_byte(&g, s[i]))
            continue;
        strncat(shown, g.text, g.used);
        strcat(shown, "|");
        g.used = 0;
    }
}

#define WRITE(s) write_bytes(s, sizeof(s) - 1)

Test(guestline, lines_come_whole)
{
    WRITE("one\r\ntwo");
    cr_assert_str_eq(shown, "one|");
    WRITE(" and\nthree\n");
    cr_assert_str_eq(shown, "one|two and|three|");
}

Test(guestline, empty_lines_are_nothing)
{
    WRITE("\n\r\n\n\0\n");
    cr_assert_str_eq(shown, "");
}

Test(guestline, control_characters_are_harmless)
{
    WRITE("a\x1b[2J\b\x7f\x9b\x01\tz\n");
    cr_assert_str_eq(shown, "a.[2J....\tz|");
}

Test(guestline, long_lines_are_cut)
{
    char text[GUESTLINE_MAX + 10];

    memset(text, 'x', sizeof(text));
    write_bytes(text, sizeof(text));
    cr_assert_eq(strlen(shown), GUESTLINE_MAX + 1);
    cr_assert_eq(g.used, 10);
    WRITE("\n");
    cr_assert_eq(strlen(shown), GUESTLINE_MAX + 12);
}

Test(guestline, a_flood_is_counted_and_a_pause_lets_words_through_again)
{
    unsigned passed = 0;

    g.used = 100;
    for (unsigned i = 0; i < 10000; i++)
        passed += guestline_pass(&g, 1);
    cr_assert(passed > 100 && passed < 200, "%u", passed);
    cr_assert_eq(ratelimit_missed(&g.limit), 10000 - passed);
    cr_assert(guestline_pass(&g, 1000000000));
}
