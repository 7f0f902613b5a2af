/* SPDX-License-Identifier: MIT */
/*
 * A well-behaved guest that keeps its clock: for some seconds (the command line's number, else 3)
 * it sets a timer every 10 ms, and checks that time never goes back and that no timer comes in
 * before its moment or more than LATE_NS after it. A neighbour's work may cost it turns, not time.
 * Each second it says that it is still there.
 */
#include "pvguest.h"

#define PERIOD_NS (10 * NS_PER_MS)
/* Wide, because the machine below is itself one of several on a host; a stall is seconds. */
#define LATE_NS (500 * NS_PER_MS)
#define TICKS_A_LINE 100u

static unsigned int seconds_wanted(void)
{
    const char *word = (const char *)start_info->cmd_line;
    unsigned int n = 0;

    /* The first word may be the image's own name. */
    for (; *word; word++)
        if (*word >= '0' && *word <= '9' &&
            (word == (char *)start_info->cmd_line || word[-1] == ' '))
            for (n = 0; *word >= '0' && *word <= '9'; word++)
                n = n * 10 + (unsigned int)(*word - '0');
    return n ? n : 3;
}

int main(void)
{
    uint64_t start = time_ns(), end = start + seconds_wanted() * NS_PER_SEC, last = start;
    uint64_t worst = 0;
    unsigned int ticks = 0;

    printf("clock: starts\n");
    for (uint64_t at = start + PERIOD_NS; at < end; at = last + PERIOD_NS) {
        uint64_t now;

        time_sleep_until(at);
        now = time_ns();
        if (now < last || now < at || now - at > LATE_NS) {
            printf("clock: BAD: time %lu after %lu, timer at %lu\n", now, last, at);
            return 1;
        }
        if (now - at > worst)
            worst = now - at;
        last = now;
        if (++ticks % TICKS_A_LINE == 0)
            printf("clock: %u ticks\n", ticks);
    }
    printf("clock: kept: %u ticks, worst %lu us late\n", ticks, worst / 1000);
    return 0;
}
