/* SPDX-License-Identifier: MIT */
/*
 * clock SECONDS MS: a well-behaved guest that keeps its clock. For that long it sets a timer every
 * 10 ms, and checks that time never goes back and that no timer comes in before its moment or more
 * than MS after it. A neighbour's work may cost it turns, not time.
 */
#include "pvguest.h"

#define PERIOD_NS (10 * NS_PER_MS)

/* The next number on the command line. */
static unsigned int number(const char **at)
{
    unsigned int n = 0;

    while (**at && (**at < '0' || **at > '9'))
        (*at)++;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        n = n * 10 + (unsigned int)(**at - '0');
    return n;
}

int main(void)
{
    const char *words = (const char *)start_info->cmd_line;
    uint64_t seconds = number(&words), late = number(&words) * NS_PER_MS;
    uint64_t start = time_ns(), end = start + seconds * NS_PER_SEC, last = start;
    uint64_t worst = 0;
    unsigned int ticks = 0;

    printf("clock: starts\n");
    for (uint64_t at = start + PERIOD_NS; at < end; at = last + PERIOD_NS) {
        uint64_t now;

        time_sleep_until(at);
        now = time_ns();
        if (now < last || now < at || now - at > late) {
            printf("clock: BAD: time %lu after %lu, timer at %lu\n", now, last, at);
            return 1;
        }
        if (now - at > worst)
            worst = now - at;
        last = now;
        ticks++;
    }
    printf("clock: kept: %u ticks, worst %lu us late\n", ticks, worst / 1000);
    return 0;
}
