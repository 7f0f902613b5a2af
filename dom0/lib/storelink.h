/* SPDX-License-Identifier: MIT */
/* A daemon's connection to the store, which may end at any time and is looked for again. For programs that link libxenstore. */
#ifndef DOM0_STORELINK_H
#define DOM0_STORELINK_H

#include <stdbool.h>
#include <xenstore.h>

struct xs_handle *storelink(void); /* NULL while there is none */

/*
 * Tries, if there is none and the last attempt was long enough ago. How long the loop may sleep for its sake; -1: it need not wake.
 * begin(): the connection is new; false: it is of no use, the next attempt is a second later. event(): a watch of it fired.
 */
int storelink_find(bool (*begin)(void), void (*event)(const char *path, const char *token));

#endif
