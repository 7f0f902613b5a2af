/* SPDX-License-Identifier: MIT */
/*
 * What an unprivileged domain writes to the emergency console (console_io): collected until the
 * line ends, then shown whole, so that no two domains' words mix in a line. A domain has a budget of
 * bytes; lines beyond it are counted, and the count is told with the next line that passes.
 * Control characters are replaced: they could play tricks with the operator's terminal.
 * Guarded by the console lock.
 */
#ifndef CORE_GUESTLINE_H
#define CORE_GUESTLINE_H

#include "core/ratelimit.h"

#define GUESTLINE_MAX 128 /* longer lines are cut in pieces */

struct guestline {
    struct ratelimit limit; /* in bytes */
    uint16_t used;
    char text[GUESTLINE_MAX];
};

/*
 * Take one byte. True: a line is complete, and g->text[0..g->used) is it; the caller shows it (or
 * not, see guestline_pass()) and then sets g->used = 0.
 */
bool guestline_byte(struct guestline *g, char c);
/* May the complete line be shown? */
bool guestline_pass(struct guestline *g, uint64_t now);

#endif
