/* SPDX-License-Identifier: MIT */
/* LINK: core/timestamp.c */
#include "core/timestamp.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char out[TIMESTAMP_MAX];

Test(timestamp, forms)
{
    uint64_t wall = 1700000000123456789ull; /* 2023-11-14 22:13:20 UTC */

    cr_assert_eq(timestamp_print(out, STAMP_NONE, 1, wall), 0);
    cr_assert_eq(timestamp_print(out, STAMP_DATE, 1, wall), strlen("[2023-11-14 22:13:20] "));
    cr_assert_str_eq(out, "[2023-11-14 22:13:20] ");
    timestamp_print(out, STAMP_DATE_MS, 1, wall);
    cr_assert_str_eq(out, "[2023-11-14 22:13:20.123] ");
    timestamp_print(out, STAMP_BOOT, 12345678901ull, wall);
    cr_assert_str_eq(out, "[   12.345678] ");
    timestamp_print(out, STAMP_RAW, 0x12345678, wall);
    cr_assert_str_eq(out, "[0000000012345678] ");
}

Test(timestamp, dates_are_as_the_c_library_says)
{
    for (uint64_t t = 0; t < 8000000000ull; t += 86399 * 13) {
        char want[TIMESTAMP_MAX];
        time_t when = (time_t)t;

        strftime(want, sizeof(want), "[%Y-%m-%d %H:%M:%S] ", gmtime(&when));
        timestamp_print(out, STAMP_DATE, 0, t * 1000000000);
        cr_assert_str_eq(out, want);
    }
}

Test(timestamp, any_clock_fits)
{
    timestamp_print(out, STAMP_DATE_MS, ~0ull, ~0ull);
    timestamp_print(out, STAMP_BOOT, ~0ull, ~0ull);
}
