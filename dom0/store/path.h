/* SPDX-License-Identifier: MIT */
/* Names of nodes, as xenstored takes them: see xen/io/xs_wire.h for the lengths. */
#ifndef STORE_PATH_H
#define STORE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_BYTES 3073 /* longest absolute path and its NUL */

/* An absolute path from what a client of domain `id` wrote: "data/x" is below /local/domain/id. False: not a valid name.
 * special: "@…" is allowed too. */
bool path_absolute(const char *text, unsigned id, bool special, char out[PATH_BYTES]);
bool path_name_valid(const char *name); /* one component */
/* The length of the path of its parent (1 for children of the root). */
size_t path_parent(const char *path);

#endif
