/* SPDX-License-Identifier: MIT */
/* Sets of whole numbers kept as sorted, disjoint, inclusive ranges. Caller locks. */
#ifndef LIB_RANGESET_H
#define LIB_RANGESET_H

#include "lib/types.h"

struct rangeset {
    struct { uint64_t first, last; } *r;
    unsigned count, room;
    void *retired;       /* arrays it had before, half as large each */
    unsigned last_found; /* where rangeset_contains() looks first; any number will do */
};

struct rangeset *rangeset_new(void);
void rangeset_free(struct rangeset *s);
int rangeset_add(struct rangeset *s, uint64_t first, uint64_t last);    /* 0 or -ENOMEM */
int rangeset_remove(struct rangeset *s, uint64_t first, uint64_t last); /* 0 or -ENOMEM */
bool rangeset_contains(const struct rangeset *s, uint64_t first, uint64_t last);
bool rangeset_overlaps(const struct rangeset *s, uint64_t first, uint64_t last);

#endif
