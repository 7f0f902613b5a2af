/* SPDX-License-Identifier: MIT */
#include "core/guestline.h"

/* A guest's last words fit at once; a flood takes a sixth of a line of 115200 baud. */
static const struct rate budget = {.burst = 16384, .per_second = 2048};

static char harmless(char c)
{
    uint8_t u = (uint8_t)c;

    return (u < 32 && u != '\t') || (u >= 127 && u < 160) ? '.' : c;
}

bool guestline_byte(struct guestline *g, char c)
{
    if (c == '\n')
        return g->used;
    if (c && c != '\r')
        g->text[g->used++] = harmless(c);
    return g->used == GUESTLINE_MAX;
}

bool guestline_pass(struct guestline *g, uint64_t now)
{
    return ratelimit_pass(&g->limit, &budget, now, g->used + 8u);
}
