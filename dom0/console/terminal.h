/* SPDX-License-Identifier: MIT */
/*
 * The pseudo-terminal of a guest, for those who attach by the name in the store (xl console). What it did not show yet is in the
 * history, so that a full one costs nothing. Its other end is kept open, raw, so that nobody's coming and going is seen here.
 */
#ifndef CONSOLE_TERMINAL_H
#define CONSOLE_TERMINAL_H

#include "guest.h"

int terminal_open(struct guest *g, char *name, size_t size); /* 0, or errno: it has none then */
void terminal_show(struct guest *g);
void terminal_type(struct guest *g); /* what was typed there, as far as the guest has room */
void terminal_close(struct guest *g);

#endif
