/* SPDX-License-Identifier: MIT */
/* The bitmaps. */
#include "core/log_dirty.h"
#include "core/domain.h"
#include "core/frame.h"

#define NR_DOMIDS  DOMID_FIRST_RESERVED

unsigned log_dirty_domains;

static spinlock_t lock;
static uint8_t asked[NR_DOMIDS / 8]; /* by domain */

static bool is_asked(domid_t id)
{
    return id < NR_DOMIDS && (READ_ONCE(asked[id / 8]) & 1u << id % 8);
}

void log_dirty_mark_pfn(struct domain *d, uint64_t pfn)
{
    struct log_dirty *l;

    spin_lock(&lock);
    l = d->log_dirty;
    if (l && pfn < l->nr)
        l->bits[pfn / 64] |= BIT(pfn % 64);
    else if (l && pfn != M2P_INVALID)
        l->beyond = true;
    spin_unlock(&lock);
}

void log_dirty_mark(mfn_t m)
{
    struct domain *d;

    if (m.n >= max_mfn || !is_asked(READ_ONCE(frame_of(m)->owner)))
        return;
    d = domain_find(READ_ONCE(frame_of(m)->owner));
    if (!d)
        return;
    log_dirty_mark_pfn(d, READ_ONCE(m2p[m.n]));
    domain_put(d);
}

void log_dirty_read(struct domain *d, uint64_t first, uint8_t *out, size_t bytes, bool clear)
{
    struct log_dirty *l = d->log_dirty;
    uint8_t *bits = (uint8_t *)l->bits;

    spin_lock(&lock);
    for (size_t i = 0; i < bytes; i++) {
        bool inside = first + i < l->nr / 8;

        out[i] = inside ? bits[first + i] : l->beyond ? 0xff : 0;
        if (inside && clear)
            bits[first + i] = 0;
    }
    spin_unlock(&lock);
}

void log_dirty_set(struct domain *d, struct log_dirty *l)
{
    spin_lock(&lock);
    d->log_dirty = l;
    asked[d->id / 8] |= (uint8_t)(1u << d->id % 8);
    WRITE_ONCE(log_dirty_domains, log_dirty_domains + 1);
    spin_unlock(&lock);
}

void log_dirty_end(struct domain *d)
{
    struct log_dirty *l;

    spin_lock(&lock);
    l = d->log_dirty;
    d->log_dirty = NULL;
    if (l) {
        asked[d->id / 8] &= (uint8_t)~(1u << d->id % 8);
        WRITE_ONCE(log_dirty_domains, log_dirty_domains - 1);
    }
    spin_unlock(&lock);
    xfree(l);
}
