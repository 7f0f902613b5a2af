/* SPDX-License-Identifier: MIT */
/*
 * The wall clock is today's, plus or minus a few years, and stands still while system time goes on.
 * [TIME-2] */
#include "harness.h"

#define YEAR_2020 1577836800ull
#define YEAR_2100 4102444800ull

TEST("wallclock", "the wall clock is even, plausible, and the time at which system time was 0")
{
    const volatile struct shared_info *s = shared_info;
    uint32_t version = s->wc_version, sec = s->wc_sec;
    struct wallclock now = time_wallclock();

    CHECK(!(version & 1) && version, "the version is %u", version);
    CHECK(s->wc_nsec < NS_PER_SEC, "%u ns", s->wc_nsec);
    CHECK_EQ(s->wc_sec_hi, 0);
    CHECK(now.sec > YEAR_2020 && now.sec < YEAR_2100, "%lu seconds since 1970", now.sec);
    time_sleep_until(time_ns() + 20 * NS_PER_MS);
    CHECK_EQ(s->wc_version, version);
    CHECK_EQ(s->wc_sec, sec);
}
