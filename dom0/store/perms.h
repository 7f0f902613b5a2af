/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a node. The first entry names the owner, who may do everything, and what
 * all others may do who are not named later. Lists are shared: a child has its parent's list until somebody
 * changes one of them.
 *
 * A domain number is used again after its domain died. An entry counts only for a domain that was
 * there when the list was made: a list has a stamp, and a domain one of its birth (domains.h).
 */
#ifndef STORE_PERMS_H
#define STORE_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERM_READ 1u
#define PERM_WRITE 2u
#define PERM_OWNER 4u
#define PERM_ALL (PERM_READ | PERM_WRITE | PERM_OWNER)

struct perm {
    uint16_t domid;
    uint8_t bits; /* PERM_READ | PERM_WRITE */
};

struct perms {
    unsigned refs, n;
    uint64_t stamp; /* when it was made, see domains_stamp() */
    struct perm p[];
};

/* NULL: no memory. The list is copied; one reference. */
struct perms *perms_new(const struct perm *p, unsigned n, uint64_t stamp);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

/* What the domain `id` may do; `target`: the domain it stands in for (XS_SET_TARGET), or -1. */
unsigned perms_of(const struct perms *p, uint16_t id, int target);

/* "r0", "n5", "w1", "b2", each ended by NUL. False: not understood. */
bool perms_parse(const char *text, size_t size, struct perm *out, unsigned max, unsigned *n);
#define PERM_TEXT 8
size_t perms_print(const struct perm *p, char out[PERM_TEXT]); /* bytes with the NUL */

#endif
