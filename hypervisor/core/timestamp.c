/* SPDX-License-Identifier: MIT */
#include "core/timestamp.h"
#include "lib/printf.h"

#define DAY 86400ull

struct date {
    unsigned year, month, day;
};

static struct date date_of(uint64_t days)
{
    /* Years begin in March, so that the leap day is the last one; 719468 days from there to 1970. */
    uint64_t since = days + 719468, era = since / 146097, in_era = since % 146097;
    uint64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * in_year + 2) / 153;
    struct date d = {.day = (unsigned)(in_year - (153 * month + 2) / 5 + 1),
                     .month = (unsigned)(month < 10 ? month + 3 : month - 9)};

    d.year = (unsigned)(year + era * 400 + (d.month <= 2));
    return d;
}

size_t timestamp_print(char out[TIMESTAMP_MAX], enum timestamp_mode mode, uint64_t boot_ns,
                       uint64_t wall_ns)
{
    uint64_t seconds = wall_ns / 1000000000, s = seconds % DAY;
    struct date d = date_of(seconds / DAY);
    char ms[8] = "";

    switch (mode) {
    case STAMP_DATE_MS:
        snprintf(ms, sizeof(ms), ".%03u", (unsigned)(wall_ns / 1000000 % 1000));
        /* fall through */
    case STAMP_DATE:
        return (size_t)snprintf(out, TIMESTAMP_MAX, "[%04u-%02u-%02u %02u:%02u:%02u%s] ",
                                d.year % 10000, d.month, d.day, (unsigned)(s / 3600),
                                (unsigned)(s / 60 % 60), (unsigned)(s % 60), ms);
    case STAMP_BOOT:
        return (size_t)snprintf(out, TIMESTAMP_MAX, "[%5lu.%06u] ",
                                (unsigned long)(boot_ns / 1000000000),
                                (unsigned)(boot_ns / 1000 % 1000000));
    case STAMP_RAW:
        return (size_t)snprintf(out, TIMESTAMP_MAX, "[%016lx] ", (unsigned long)boot_ns);
    default: return 0;
    }
}
