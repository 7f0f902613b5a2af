/* SPDX-License-Identifier: MIT */
/*
 * The table of devices and their handshake with the front ends; backend.h has the phases.
 *
 * Events of the store only put a device into the line; a turn (xenbus_round) reads the three states as they are then (the front
 * end's, the own one, `online`) and takes one step. Who writes a thousand states in a row costs a turn a round, and is seen at
 * the last. A guest's end is found by looking at all domains, at most every SCAN_PAUSE_MS, when one was released.
 */
#ifndef BACKEND_XENBUS_H
#define BACKEND_XENBUS_H

#include "backend.h"

void xenbus_kinds(const struct kind *const *list); /* ends with NULL; kept */
bool xenbus_store_new(void);
void xenbus_event(const char *path, const char *token);
int xenbus_round(void);   /* turns; how long the loop may sleep: 0, -1 or milliseconds */
void xenbus_reread(void); /* SIGHUP */

#endif
