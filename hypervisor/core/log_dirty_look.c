/* SPDX-License-Identifier: MIT */
/* The questions: what has changed, found in page tables, grants and the pages that are always in use. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/grant.h"
#include "core/log_dirty.h"
#include "core/vcpu.h"
#include "lib/errno.h"

#define ROOM_ABOVE 65536u /* PFNs beyond what the domain has, for holes in its memory */
#define USED (PTE_P | PTE_RW | PTE_A | PTE_D)

/* The pages of d that an L1 table of its own, or one of another domain, lets somebody write to. */
static void table_look(struct domain *d, mfn_t table, bool own)
{
    uint64_t *t = frame_va(table);

    for (unsigned i = 0; i < PTES_PER_TABLE; i++) {
        uint64_t e = READ_ONCE(t[i]);
        mfn_t m = pte_mfn(e);

        if ((e & (own ? USED : PTE_P | PTE_RW)) != (own ? USED : PTE_P | PTE_RW) || m.n >= max_mfn ||
            frame_of(m)->owner != d->id)
            continue;
        if (own)
            __atomic_and_fetch(&t[i], ~PTE_A, __ATOMIC_SEQ_CST);
        log_dirty_mark_pfn(d, m2p[m.n]);
    }
}

/* LIMIT: all frames of the machine in one go, with interrupts off: about a millisecond a GiB. */
static void tables_look(struct domain *d)
{
    struct domain *control = domain_find(0);

    for (mfn_t m = MFN(0); m.n < max_mfn; m.n++) {
        const struct frame *f = frame_of(m);
        domid_t owner = READ_ONCE(f->owner);
        uint32_t type = READ_ONCE(f->type);

        if (owner == d->id && (type & TYPE_MASK) >= TYPE_L1 && (type & TYPE_MASK) <= TYPE_SEGDESC &&
            (type & ~(TYPE_MASK | TYPE_PINNED)))
            log_dirty_mark_pfn(d, m2p[m.n]);
        /* A frame of the control domain, which runs, may be something else by now: only memory is read. */
        if ((type & (TYPE_MASK | TYPE_VALIDATED)) == (TYPE_L1 | TYPE_VALIDATED) &&
            (owner == d->id || (control && owner == control->id)))
            table_look(d, m, owner == d->id);
    }
    if (control)
        domain_put(control);
}

static void mark_page(struct domain *d, const void *va)
{
    if (va)
        log_dirty_mark_pfn(d, m2p[va_frame(va).n]);
}

/* What the hypervisor writes without a word. */
static void pages_in_use_look(struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpus[i];

        mark_page(d, v ? v->info_page : NULL);
        mark_page(d, v ? v->fifo.control : NULL);
    }
    spin_lock(&d->evtchn.lock);
    for (uint32_t i = 0; i < d->evtchn.array_pages; i++)
        log_dirty_mark_pfn(d, m2p[d->evtchn.array[i]]);
    spin_unlock(&d->evtchn.lock);
}

uint64_t log_dirty_collect(struct domain *d)
{
    const struct log_dirty *l = d->log_dirty;
    uint64_t count = 0;

    tables_look(d);
    pages_in_use_look(d);
    grant_writable_each(d, log_dirty_mark);
    port_tlb_flush(READ_ONCE(d->dirty_cpus));
    for (uint64_t i = 0; i < l->nr / 64; i++)
        count += (uint64_t)__builtin_popcountll(l->bits[i]);
    return count;
}

int log_dirty_begin(struct domain *d)
{
    uint64_t most = max(d->max_pages, d->tot_pages), nr = min(most, 2 * d->tot_pages) + ROOM_ABOVE;
    struct log_dirty *l;

    nr = (nr + 63) & ~63ull;
    l = xalloc(sizeof(*l) + nr / 8);
    if (!l)
        return -ENOMEM;
    l->nr = nr;
    log_dirty_set(d, l);
    domain_pause(d);
    log_dirty_collect(d);
    for (uint64_t i = 0; i < nr / 64; i++)
        l->bits[i] = 0;
    l->beyond = false;
    domain_unpause(d);
    return 0;
}
