/* SPDX-License-Identifier: MIT */
/* Inside of core/grant*.c only: the tables behind core/grant.h. */
#ifndef CORE_GRANT_TABLE_H
#define CORE_GRANT_TABLE_H

#include "core/grant.h"

/* Pins of one reference: four 8-bit counts in one word. */
#define PIN_HOST_W 0x00000001u
#define PIN_HOST_R 0x00000100u
#define PIN_DEV_W 0x00010000u
#define PIN_DEV_R 0x01000000u
#define PIN_WRITERS 0x00ff00ffu /* mask of the counts of writable uses */
/* The top bits of the counts that an increment touches: if one is set the count may overflow. */
#define PIN_FULL(incr) ((incr) << 7)

#define REFS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define ACTIVE_ORDER 1 /* the active entries of one shared frame */
#define MAPS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_mapping))
#define HANDLE_NONE (~0u)
#define MAP_BUSY 0x8000u
#define MAP_KINDS (GNTMAP_host_map | GNTMAP_device_map)
#define MAP_FLAGS (MAP_KINDS | GNTMAP_readonly | GNTMAP_application_map | GNTMAP_contains_pte)

struct grant_active {
    uint32_t pin;
    uint32_t frame; /* valid, and constant, while pinned */
    domid_t user;
    uint16_t unused[3];
};

struct grant_mapping {
    uint32_t ref;   /* on the free list: the next handle */
    uint16_t flags; /* GNTMAP_*; 0: not in use; MAP_BUSY: being unmapped */
    uint16_t unused;
    struct domain *granter; /* holds a reference */
};

_Static_assert(sizeof(struct grant_active) * REFS_PER_FRAME == PAGE_SIZE << ACTIVE_ORDER, "size");
_Static_assert(MAPS_PER_FRAME == 256, "as many handles a frame as the limits are meant for");

struct grant_table {
    spinlock_t lock;
    unsigned nr_frames, max_frames;
    unsigned nr_refs;
    struct {
        struct grant_entry_v1 *shared;
        struct grant_active *active;
    } * frames;

    unsigned map_frames, max_map_frames;
    unsigned map_room; /* of the pointer array, which grows by doubling */
    struct grant_mapping **maps;
    uint32_t free_handle;
    grant_handle_t release_next; /* of a dying domain: the next handle to end */
};

/* ref below nr_refs. */
static inline struct grant_active *active_of(const struct grant_table *t, grant_ref_t ref)
{
    return &t->frames[ref / REFS_PER_FRAME].active[ref % REFS_PER_FRAME];
}

static inline uint64_t *entry_of(const struct grant_table *t, grant_ref_t ref)
{
    return (uint64_t *)&t->frames[ref / REFS_PER_FRAME].shared[ref % REFS_PER_FRAME];
}

/* NULL when there is no such handle. With t's lock held. */
static inline struct grant_mapping *mapping_of(const struct grant_table *t, grant_handle_t handle)
{
    if (unlikely(handle >= t->map_frames * MAPS_PER_FRAME))
        return NULL;
    return &t->maps[handle / MAPS_PER_FRAME][handle % MAPS_PER_FRAME];
}

/* Record the refusal; the status is what the guest gets. */
#define grant_refuse(d, status, r, a, b, c) (refuse(d, EINVAL, r, a, b, c), (int16_t)(status))

/* What a mapping of this kind counts for: by GNTMAP_device_map | _host_map | _readonly, which
 * are 1, 2, 4. */
static inline uint32_t pins_for(uint32_t gntmap_flags)
{
    static const uint32_t pins[8] = {
        0, PIN_DEV_W, PIN_HOST_W, PIN_DEV_W + PIN_HOST_W,
        0, PIN_DEV_R, PIN_HOST_R, PIN_DEV_R + PIN_HOST_R,
    };

    return pins[gntmap_flags % 8];
}

union grant_entry_word {
    uint64_t word;
    struct grant_entry_v1 e;
};

/* grant_pin()'s long way: everything but an unused entry that is in order. core/grant.c. */
int16_t grant_pin_slow(struct domain *granter, grant_ref_t ref, struct domain *who, uint32_t incr,
                       uint16_t no_flags);

/*
 * Pin a reference of granter for who (the granter's lock is held): 0 or GNTST_*. incr: pins_for(),
 * any writable or none; no_flags: entry flags that forbid this use. On success the frame is in
 * active_of()->frame, and nothing is held on it.
 */
static inline int16_t grant_pin(struct domain *granter, grant_ref_t ref, struct domain *who,
                                uint32_t incr, uint16_t no_flags)
{
    struct grant_table *t = granter->grants;
    bool write = incr & PIN_WRITERS;
    union grant_entry_word old, new;
    struct grant_active *act;
    uint64_t *place;

    if (unlikely(ref >= t->nr_refs) || unlikely((act = active_of(t, ref))->pin))
        return grant_pin_slow(granter, ref, who, incr, no_flags);
    place = entry_of(t, ref);
    old.word = new.word = READ_ONCE(*place);
    new.e.flags |= write ? GTF_reading | GTF_writing : GTF_reading;
    if (write)
        no_flags |= GTF_readonly;
    if (unlikely((old.e.flags & (GTF_type_mask | no_flags)) != GTF_permit_access) ||
        unlikely(old.e.domid != who->id) ||
        unlikely(!__atomic_compare_exchange_n(place, &old.word, new.word, false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_RELAXED)))
        return grant_pin_slow(granter, ref, who, incr, no_flags);
    act->pin = incr;
    act->frame = old.e.frame;
    act->user = who->id;
    return GNTST_okay;
}

static inline void grant_unpin(struct grant_table *t, grant_ref_t ref, uint32_t incr)
{
    struct grant_active *act = active_of(t, ref);
    uint16_t clear = GTF_reading | GTF_writing;
    uint32_t left = act->pin - incr;

    act->pin = left;
    if (unlikely(left))
        clear = (incr & PIN_WRITERS) && !(left & PIN_WRITERS) ? GTF_writing : 0;
    if (likely(clear))
        __atomic_and_fetch((uint16_t *)entry_of(t, ref), (uint16_t)~clear, __ATOMIC_SEQ_CST);
}

/* ---- handles ---- */

bool grant_maps_grow(struct grant_table *t); /* more free handles; t's lock held */

/* NULL when there are none left. The entry is the caller's alone until its flags are set, and it
 * stays where it is. */
static inline struct grant_mapping *grant_handle_get(struct domain *d, grant_handle_t *handle)
{
    struct grant_table *t = d->grants;
    struct grant_mapping *m = NULL;

    spin_lock(&t->lock);
    if (likely(t->free_handle != HANDLE_NONE) || grant_maps_grow(t)) {
        uint32_t h = t->free_handle;

        m = &t->maps[h / MAPS_PER_FRAME][h % MAPS_PER_FRAME];
        t->free_handle = m->ref;
        *handle = h;
    }
    spin_unlock(&t->lock);
    return m;
}

static inline void grant_handle_put(struct domain *d, struct grant_mapping *m,
                                    grant_handle_t handle)
{
    struct grant_table *t = d->grants;

    m->granter = NULL;
    spin_lock(&t->lock);
    m->ref = t->free_handle;
    t->free_handle = handle;
    spin_unlock(&t->lock);
}

#endif
