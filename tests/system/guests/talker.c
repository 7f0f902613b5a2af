/* SPDX-License-Identifier: MIT */
/*
 * A guest for the console daemon's tests; the first word of its command line says what it does:
 *   lines N   prints N numbered lines as fast as they go, and is gone at once
 *   echo      says each line that is typed, and ends after "end"
 *   flood     prints without end
 *   lie       claims in its console's ring to have printed more than fits; then waits to be destroyed
 */
#include "pvguest.h"
#include "console.h"

#include <xen/io/console.h>

static const char *words;

static bool told(const char *word)
{
    return !memcmp(words, word, strlen(word));
}

static void print_lines(void)
{
    unsigned int n = 0;

    for (const char *c = words; *c; c++)
        if (*c >= '0' && *c <= '9')
            n = n * 10 + (unsigned int)(*c - '0');
    for (unsigned int i = 1; i <= n; i++)
        printf("talker: line %06u of %06u\n", i, n);
}

static void echo(void)
{
    char line[128];
    size_t n = 0;

    printf("talker: listens\n");
    for (;;) {
        if (!console_read(line + n, 1)) {
            time_sleep_until(time_ns() + NS_PER_SEC / 100);
            continue;
        }
        if (line[n] != '\n' && n < sizeof(line) - 2) {
            n++;
            continue;
        }
        line[n] = 0;
        printf("talker: heard \"%s\"\n", line);
        if (!strcmp(line, "end"))
            return;
        n = 0;
    }
}

static void lie(void)
{
    struct xencons_interface *ring = pfn_to_va(mfn_to_pfn(start_info->console.domU.mfn));
    struct evtchn_send send = {.port = start_info->console.domU.evtchn};

    printf("talker: the truth\n");
    time_sleep_until(time_ns() + NS_PER_SEC);
    ring->out_prod = ring->out_cons + 0x12345678;
    MUST(hypercall_event_channel_op(EVTCHNOP_send, &send));
    for (;;)
        time_sleep_until(time_ns() + NS_PER_SEC);
}

int main(void)
{
    words = (const char *)start_info->cmd_line;
    if (told("lines"))
        print_lines();
    else if (told("echo"))
        echo();
    else if (told("lie"))
        lie();
    else if (told("flood"))
        for (unsigned int i = 0;; i++)
            printf("talker: flood %08u, and on it goes without an end to be seen by anybody\n", i);
    return 0;
}
