/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkpersist.h"
#include "backend.h"
#include "blkring.h"
#include <stdlib.h>

#define SLOTS 4096u /* a power of two, several times PERSIST_MOST */
#define FAILURES_MOST 16

struct extent {
    uint8_t *at;
    unsigned n, users;
    TAILQ_ENTRY(extent) all;
    uint32_t ref[];
};

/* Open addressing; a slot without extent ends a search. */
struct persist_slot {
    uint32_t ref, index;
    struct extent *extent;
};

static unsigned all_pages;

void persist_open(struct persist *p, unsigned domid)
{
    *p = (struct persist){.domid = domid, .slot = calloc(SLOTS, sizeof(p->slot[0]))};
    p->on = p->slot != NULL;
    TAILQ_INIT(&p->extents);
}

static unsigned home(uint32_t ref)
{
    return ref * 2654435761u >> 20;
}

static struct persist_slot *slot_find(struct persist *p, uint32_t ref)
{
    unsigned i = home(ref);

    while (p->slot[i].extent && p->slot[i].ref != ref)
        i = (i + 1) % SLOTS;
    return &p->slot[i];
}

/* Those behind it that were displaced move up: there are no marks of what was removed. */
static void slot_clear(struct persist *p, uint32_t ref)
{
    unsigned hole = (unsigned)(slot_find(p, ref) - p->slot), i = hole;

    for (;;) {
        p->slot[hole].extent = NULL;
        do {
            i = (i + 1) % SLOTS;
            if (!p->slot[i].extent)
                return;
        } while ((i - home(p->slot[i].ref)) % SLOTS < (i - hole) % SLOTS);
        p->slot[hole] = p->slot[i];
        hole = i;
    }
}

static void extent_free(struct persist *p, struct extent *e)
{
    for (unsigned i = 0; i < e->n; i++)
        slot_clear(p, e->ref[i]);
    grants_unmap(e->at, e->n);
    p->pages -= e->n;
    all_pages -= e->n;
    TAILQ_REMOVE(&p->extents, e, all);
    free(e);
}

void persist_close(struct persist *p)
{
    struct extent *e;

    while (p->slot && (e = TAILQ_FIRST(&p->extents)))
        extent_free(p, e);
    free(p->slot);
    p->slot = NULL;
    p->on = false;
}

static bool room_make(struct persist *p, unsigned n)
{
    struct extent *e, *before;

    for (e = TAILQ_LAST(&p->extents, extent_list); e && p->pages + n > PERSIST_MOST; e = before) {
        before = TAILQ_PREV(e, extent_list, all);
        if (!e->users)
            extent_free(p, e);
    }
    return p->pages + n <= PERSIST_MOST && all_pages + n <= PERSIST_ALL_MOST;
}

static bool extent_map(struct persist *p, const uint32_t *refs, unsigned n)
{
    struct extent *e = room_make(p, n) ? malloc(sizeof(*e) + n * sizeof(e->ref[0])) : NULL;

    if (!e)
        return false;
    e->at = grants_map(p->domid, refs, n, true);
    if (!e->at) {
        free(e);
        p->on = ++p->failures < FAILURES_MOST; /* no more of it: each attempt costs */
        return false;
    }
    e->n = n;
    e->users = 0;
    for (unsigned i = 0; i < n; i++) {
        struct persist_slot *s = slot_find(p, refs[i]);

        e->ref[i] = refs[i];
        *s = (struct persist_slot){refs[i], i, e};
    }
    p->pages += n;
    all_pages += n;
    TAILQ_INSERT_HEAD(&p->extents, e, all);
    return true;
}

static bool among(const uint32_t *refs, unsigned n, uint32_t ref)
{
    for (unsigned i = 0; i < n; i++)
        if (refs[i] == ref)
            return true;
    return false;
}

bool persist_get(struct persist *p, const uint32_t *refs, unsigned n, struct mapped_page *pages)
{
    uint32_t missing[BLK_SEGMENTS];
    unsigned nr_missing = 0;

    if (!p->on)
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct persist_slot *s = slot_find(p, refs[i]);

        pages[i] = (struct mapped_page){NULL, s->extent};
        if (s->extent) {
            s->extent->users++; /* it must not make room for the others */
            pages[i].at = s->extent->at + (size_t)s->index * BLK_PAGE;
        } else if (!among(missing, nr_missing, refs[i])) {
            missing[nr_missing++] = refs[i];
        }
    }
    if (nr_missing && !extent_map(p, missing, nr_missing)) {
        persist_put(pages, n);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        struct persist_slot *s;

        if (pages[i].extent)
            continue;
        s = slot_find(p, refs[i]);
        s->extent->users++;
        pages[i] = (struct mapped_page){s->extent->at + (size_t)s->index * BLK_PAGE, s->extent};
    }
    if (pages[0].extent != TAILQ_FIRST(&p->extents)) {
        TAILQ_REMOVE(&p->extents, pages[0].extent, all);
        TAILQ_INSERT_HEAD(&p->extents, pages[0].extent, all);
    }
    return true;
}

void persist_put(const struct mapped_page *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (pages[i].extent)
            pages[i].extent->users--;
}
