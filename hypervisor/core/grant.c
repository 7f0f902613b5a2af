/* SPDX-License-Identifier: MIT */
/* The tables: making and growing them, pinning references, handles, audit. */
#include "core/grant_table.h"
#include "core/log.h"
#include "core/vcpu.h"
#include "lib/errno.h"
#include "lib/string.h"

#define RETRIES 5

static void audit_device_maps(void);

/* ---- growing ---- */

static int frame_add(struct domain *d, struct grant_table *t)
{
    mfn_t shared = heap_alloc(0, 0), active;

    if (mfn_eq(shared, MFN_INVALID))
        return -ENOMEM;
    active = heap_alloc(ACTIVE_ORDER, 0);
    if (mfn_eq(active, MFN_INVALID)) {
        heap_free(shared, 0);
        return -ENOMEM;
    }
    frame_share(d, shared, true);
    t->frames[t->nr_frames].shared = frame_va(shared);
    t->frames[t->nr_frames].active = frame_va(active);
    t->nr_frames++;
    t->nr_refs += REFS_PER_FRAME;
    return 0;
}

/* With t's lock held. What was added before memory ran out stays. */
static int grow(struct domain *d, struct grant_table *t, unsigned nr)
{
    int rc = nr <= t->max_frames ? 0 : -EINVAL;

    while (!rc && t->nr_frames < nr)
        rc = frame_add(d, t);
    if (rc)
        refuse(d, -rc, GRANT_TABLE_SIZE, nr, rc == -EINVAL ? t->max_frames : t->nr_frames, 0);
    return rc;
}

int grant_domain_init(struct domain *d)
{
    struct grant_table *t;

    if (!d->max_grant_frames)
        return -EINVAL;
    t = xnew(struct grant_table);
    if (!t)
        return -ENOMEM;
    frames_audit_hook(audit_device_maps);
    d->grants = t;
    t->max_frames = d->max_grant_frames;
    t->max_map_frames = d->max_maptrack_frames;
    t->free_handle = HANDLE_NONE;
    t->frames = xalloc(sizeof(*t->frames) * t->max_frames);
    if (!t->frames || grow(d, t, 1)) {
        grant_domain_free(d);
        return -ENOMEM;
    }
    return 0;
}

/* Nobody maps grants of d any more: a handle on one would hold a reference on d. */
void grant_domain_free(struct domain *d)
{
    struct grant_table *t = d->grants;

    if (!t)
        return;
    for (unsigned i = 0; i < t->nr_frames; i++) {
        mfn_t m = va_frame(t->frames[i].shared);

        frame_unshare(d, m);
        heap_free(m, 0);
        heap_free(va_frame(t->frames[i].active), ACTIVE_ORDER);
    }
    for (unsigned i = 0; i < t->map_frames; i++)
        heap_free(va_frame(t->maps[i]), 0);
    xfree(t->maps);
    xfree(t->frames);
    xfree(t);
    d->grants = NULL;
}

int grant_setup(struct domain *d, unsigned nr, uint64_t *list)
{
    struct grant_table *t = d->grants;
    int rc;

    spin_lock(&t->lock);
    rc = grow(d, t, nr) ? GNTST_general_error : GNTST_okay;
    for (unsigned i = 0; !rc && list && i < nr; i++)
        list[i] = va_frame(t->frames[i].shared).n;
    spin_unlock(&t->lock);
    return rc;
}

unsigned grant_frames(struct domain *d)
{
    return READ_ONCE(d->grants->nr_frames);
}

int grant_frame_mfn(struct domain *d, unsigned idx, mfn_t *out)
{
    struct grant_table *t = d->grants;
    int rc;

    if (idx >= t->max_frames)
        return refuse(d, EINVAL, GRANT_TABLE_SIZE, (uint64_t)idx + 1, t->max_frames, 0);
    spin_lock(&t->lock);
    rc = grow(d, t, idx + 1);
    if (!rc)
        *out = va_frame(t->frames[idx].shared);
    spin_unlock(&t->lock);
    return rc;
}

int16_t grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b)
{
    struct grant_table *t = d->grants;
    int16_t status = GNTST_okay;
    uint64_t *x, *y, was;

    spin_lock(&t->lock);
    if (max(a, b) >= t->nr_refs) {
        status = grant_refuse(d, GNTST_bad_gntref, GRANT_BAD_REF, d->id, max(a, b), t->nr_refs);
    } else if (a != b && (active_of(t, a)->pin || active_of(t, b)->pin)) {
        status =
            grant_refuse(d, GNTST_eagain, GRANT_IN_USE, d->id, active_of(t, a)->pin ? a : b, 0);
    } else {
        x = entry_of(t, a);
        y = entry_of(t, b);
        was = READ_ONCE(*x);
        WRITE_ONCE(*x, READ_ONCE(*y));
        WRITE_ONCE(*y, was);
    }
    spin_unlock(&t->lock);
    return status;
}

/* ---- pins ---- */

/*
 * Take the entry into use: GTF_reading, and GTF_writing for a writable use, in the same word that
 * was checked. Bounded: a guest can change its entry faster than this loop goes round. On success
 * *frame.
 */
static int16_t entry_claim(struct domain *granter, uint64_t *place, grant_ref_t ref,
                           struct domain *who, bool write, bool pinned, uint16_t no_flags,
                           uint32_t *frame)
{
    union grant_entry_word old = {.word = READ_ONCE(*place)};

    for (int i = 0; i < RETRIES; i++) {
        union grant_entry_word new = old;

        /* While it is pinned the guest must not change user or frame, and the first check holds. */
        no_flags &= ~GTF_readonly; /* has its own words */
        if (!pinned && (unlikely((old.e.flags & (GTF_type_mask | no_flags)) != GTF_permit_access) ||
                        unlikely(old.e.domid != who->id)))
            return grant_refuse(who, GNTST_general_error, GRANT_NOT_GRANTED, granter->id, ref,
                                old.word);
        if (write && unlikely(old.e.flags & GTF_readonly))
            return grant_refuse(who, GNTST_general_error, GRANT_READ_ONLY, granter->id, ref,
                                old.word);
        new.e.flags |= write ? GTF_reading | GTF_writing : GTF_reading;
        if (likely(__atomic_compare_exchange_n(place, &old.word, new.word, false, __ATOMIC_SEQ_CST,
                                               __ATOMIC_RELAXED))) {
            *frame = old.e.frame;
            return GNTST_okay;
        }
    }
    return grant_refuse(who, GNTST_general_error, GRANT_UNSTABLE, granter->id, ref, old.word);
}

int16_t grant_pin_slow(struct domain *granter, grant_ref_t ref, struct domain *who, uint32_t incr,
                       uint16_t no_flags)
{
    struct grant_table *t = granter->grants;
    bool write = incr & PIN_WRITERS;
    struct grant_active *act;
    int16_t status;
    uint32_t frame;

    if (unlikely(ref >= t->nr_refs))
        return grant_refuse(who, GNTST_bad_gntref, GRANT_BAD_REF, granter->id, ref, t->nr_refs);
    act = active_of(t, ref);
    if (act->pin && (unlikely(act->user != who->id) || unlikely(act->pin & PIN_FULL(incr))))
        return grant_refuse(who, GNTST_general_error, GRANT_IN_USE, granter->id, ref, act->pin);
    if (!act->pin || (write && !(act->pin & PIN_WRITERS))) {
        status =
            entry_claim(granter, entry_of(t, ref), ref, who, write, act->pin, no_flags, &frame);
        if (unlikely(status))
            return status;
        if (!act->pin) {
            act->frame = frame;
            act->user = who->id;
        }
    }
    act->pin += incr;
    return GNTST_okay;
}

void grant_writable_each(struct domain *d, void (*fn)(mfn_t m))
{
    struct grant_table *t = d->grants;

    spin_lock(&t->lock);
    for (grant_ref_t ref = 0; ref < t->nr_refs; ref++)
        if (active_of(t, ref)->pin & PIN_WRITERS)
            fn(MFN(active_of(t, ref)->frame));
    spin_unlock(&t->lock);
}

/* ---- handles ---- */

bool grant_maps_grow(struct grant_table *t)
{
    struct grant_mapping **maps, *fresh;
    uint32_t first = t->map_frames * MAPS_PER_FRAME;
    unsigned room;
    mfn_t m;

    if (t->map_frames == t->max_map_frames)
        return false;
    if (t->map_frames == t->map_room) {
        room = t->map_room ? t->map_room * 2 : 8;
        room = min(room, t->max_map_frames);
        maps = xnew_array(struct grant_mapping *, room);
        if (!maps)
            return false;
        if (t->maps)
            memcpy(maps, t->maps, sizeof(*maps) * t->map_frames);
        xfree(t->maps);
        t->maps = maps;
        t->map_room = room;
    }
    m = heap_alloc(0, 0);
    if (mfn_eq(m, MFN_INVALID))
        return false;
    fresh = frame_va(m);
    for (unsigned i = 0; i < MAPS_PER_FRAME; i++)
        fresh[i].ref = i + 1 < MAPS_PER_FRAME ? first + i + 1 : t->free_handle;
    t->maps[t->map_frames++] = fresh;
    t->free_handle = first;
    return true;
}

/* ---- looking ---- */

/* For frames_audit(): a device mapping's references, which no page table shows. */
static void audit_device_maps(void)
{
    for (struct domain *d = domain_next(0), *next; d; d = next) {
        const struct grant_table *t = d->grants;
        domid_t id = d->id;

        for (grant_handle_t h = 0; t && h < t->map_frames * MAPS_PER_FRAME; h++) {
            const struct grant_mapping *m = mapping_of(t, h);

            if (m->flags & GNTMAP_device_map)
                frames_audit_count(MFN(active_of(m->granter->grants, m->ref)->frame),
                                   m->flags & GNTMAP_readonly ? TYPE_NONE : TYPE_WRITABLE);
        }
        domain_put(d);
        next = domain_next((domid_t)(id + 1));
    }
}

/* Add user's handles on d's references to counts[]. Returns errors in user's own tables (GNT-3). */
static unsigned count_handles(struct domain *user, struct domain *d, uint32_t *counts)
{
    struct grant_table *t = user->grants;
    unsigned used = 0, free = 0, total;

    if (!t)
        return 0;
    total = t->map_frames * MAPS_PER_FRAME;
    for (grant_handle_t h = 0; h < total; h++) {
        const struct grant_mapping *m = mapping_of(t, h);

        used += m->flags != 0;
        if (m->flags && m->granter == d && m->ref < d->grants->nr_refs)
            counts[m->ref] += pins_for(m->flags);
    }
    for (grant_handle_t h = t->free_handle; h != HANDLE_NONE && free <= total; free++) {
        if (h >= total || mapping_of(t, h)->flags) {
            log_msg(LOG_ERR, "audit: %s handle %u is free and in use", user->name, h);
            return 1;
        }
        h = mapping_of(t, h)->ref;
    }
    if (used + free != total)
        log_msg(LOG_ERR, "audit: %s has %u handles, %u used, %u free", user->name, total, used,
                free);
    return used + free != total;
}

unsigned grant_audit(struct domain *d)
{
    struct grant_table *t = d->grants;
    unsigned errors = 0;
    uint32_t *counts;

    if (!t)
        return 0;
    counts = xnew_array(uint32_t, t->nr_refs);
    if (!counts)
        return 0;
    for (struct domain *u = domain_next(0), *next; u; u = next) {
        domid_t id = u->id;

        errors += count_handles(u, d, counts);
        domain_put(u);
        next = domain_next((domid_t)(id + 1));
    }
    for (grant_ref_t ref = 0; ref < t->nr_refs; ref++)
        if (counts[ref] != active_of(t, ref)->pin) {
            log_msg(LOG_ERR, "audit: %s reference %u has pins %#x, handles %#x", d->name, ref,
                    active_of(t, ref)->pin, counts[ref]);
            errors++;
        }
    xfree(counts);
    return errors;
}
