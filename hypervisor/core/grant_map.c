/* SPDX-License-Identifier: MIT */
/* Mapping another domain's frame through a grant, and letting it go again. */
#include "core/entry.h"
#include "core/grant_table.h"
#include "core/log.h"
#include "core/log_dirty.h"
#include "core/vcpu.h"
#include "lib/errno.h"

#define RELEASE_AT_ONCE 64 /* handles of a dying domain */

/* The parts of mapping and unmapping are inlined into one function each: they are hot. */
#define HOT static inline __attribute__((always_inline))

/* ---- references on the granted frame ---- */

HOT bool one_get(struct domain *granter, mfn_t m, bool write)
{
    if (unlikely(!frame_get_fast(frame_of(m), granter, write)) &&
        (!write || frame_and_type_get(granter, m, TYPE_WRITABLE, false)))
        return false;
    if (write)
        frame_mark_shared(frame_of(m));
    return true;
}

static __attribute__((noinline)) bool one_more_get(struct domain *granter, mfn_t m, bool write)
{
    return one_get(granter, m, write);
}

static inline void one_put(struct frame *f, bool write)
{
    if (write)
        frame_put_writable(f);
    else
        frame_put_inline(f);
}

/* One reference a kind of mapping. first: nobody else had the grant in use. */
HOT int16_t frame_hold(struct domain *granter, struct domain *who,
                                 const struct gnttab_map_grant_ref *op, uint32_t frame, bool first)
{
    bool write = !(op->flags & GNTMAP_readonly);
    mfn_t m = MFN(frame);

    if (unlikely(!mfn_valid(m)))
        goto not_owned;
    if (unlikely(!one_get(granter, m, write)))
        goto refused;
    if (likely((op->flags & MAP_KINDS) != MAP_KINDS) || one_more_get(granter, m, write))
        return GNTST_okay;
    one_put(frame_of(m), write);
refused:
    if (frame_of(m)->owner == granter->id)
        return grant_refuse(who, GNTST_general_error, GRANT_NOT_WRITABLE, granter->id, op->ref,
                            frame);
not_owned:
    return grant_refuse(who, first ? GNTST_bad_page : GNTST_general_error, GRANT_BAD_FRAME,
                        granter->id, op->ref, frame);
}

static inline void frame_let_go(uint32_t frame, uint16_t gone)
{
    struct frame *f = frame_of(MFN(frame));
    bool write = !(gone & GNTMAP_readonly);

    if (write)
        log_dirty_wrote(MFN(frame));
    one_put(f, write);
    if (unlikely((gone & MAP_KINDS) == MAP_KINDS))
        one_put(f, write);
}

HOT int16_t pin_and_hold(struct domain *granter, struct domain *who,
                                   const struct gnttab_map_grant_ref *op, uint32_t incr,
                                   uint32_t *frame)
{
    struct grant_table *t = granter->grants;
    const struct grant_active *act;
    int16_t status;
    bool first;

    spin_lock(&t->lock);
    /* A sub-page grant is for copying only. */
    status = grant_pin(granter, op->ref, who, incr, GTF_sub_page);
    if (unlikely(status)) {
        spin_unlock(&t->lock);
        return status;
    }
    act = active_of(t, op->ref);
    *frame = act->frame;
    first = act->pin == incr;
    spin_unlock(&t->lock);
    status = frame_hold(granter, who, op, *frame, first);
    if (unlikely(status)) {
        spin_lock(&t->lock);
        grant_unpin(t, op->ref, incr);
        spin_unlock(&t->lock);
    }
    return status;
}

/* ---- the L1 entry ---- */

/*
 * The entry the guest names: by virtual address in its kernel's address space, or (is_pte) by the
 * entry's own machine address. Held: the table stays an L1 table of the caller until
 * entry_release().
 */
HOT uint64_t *entry_hold(struct vcpu *v, uint64_t addr, bool is_pte, struct frame **table)
{
    uint64_t *e;

    if (unlikely(is_pte)) {
        if (addr % sizeof(uint64_t) || !mfn_valid(MFN(addr >> PAGE_SHIFT)))
            return NULL;
        e = (uint64_t *)(directmap + addr);
        *table = frame_of(MFN(addr >> PAGE_SHIFT));
    } else if (unlikely(!walk_to_l1(v->cr3_kernel, addr, &e, table))) {
        return NULL;
    }
    return likely(frame_get_table(*table, v->domain, TYPE_L1)) ? e : NULL;
}

HOT void entry_release(struct vcpu *v, struct frame *table)
{
    if (likely(frame_put_both_fast(table)))
        return;
    frame_and_type_put(v->domain, table);
    if (type_drain_needed(v->domain))
        vcpu_set_work(v, WORK_DRAIN);
}

static uint64_t entry_flags(uint32_t flags)
{
    uint64_t e = PTE_P | PTE_US | PTE_NX;

    if (!(flags & GNTMAP_readonly))
        e |= PTE_RW;
    return e | ((uint64_t)(flags >> _GNTMAP_guest_avail0) & 7) << 9;
}

/* Put an entry in place of whatever is there, which loses what it held. */
HOT int16_t entry_install(struct vcpu *v, uint64_t addr, bool is_pte, uint64_t new)
{
    struct frame *table;
    uint64_t *e = entry_hold(v, addr, is_pte, &table);
    uint64_t old;

    if (unlikely(!e))
        return grant_refuse(v->domain, GNTST_general_error, GRANT_BAD_PTE, addr, 0, 0);
    old = __atomic_exchange_n(e, new, __ATOMIC_SEQ_CST);
    entry_release(v, table);
    if (old & PTE_P)
        l1e_put(v->domain, old);
    return GNTST_okay;
}

/* Replace the entry if it is the one that was made for the grant; what it held is the caller's
 * now. */
HOT int16_t entry_take(struct vcpu *v, uint64_t addr, uint16_t flags, uint32_t frame, uint64_t new)
{
    struct frame *table;
    uint64_t *e = entry_hold(v, addr, flags & GNTMAP_contains_pte, &table);
    uint64_t want = entry_flags(flags), old;
    bool done = false;

    if (unlikely(!e))
        return grant_refuse(v->domain, GNTST_general_error, GRANT_BAD_PTE, addr, 0, 0);
    old = READ_ONCE(*e);
    while (!done && likely(pte_mfn(old).n == frame) && likely(!((old ^ want) & (PTE_P | PTE_RW))))
        done = __atomic_compare_exchange_n(e, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    entry_release(v, table);
    return likely(done)
               ? GNTST_okay
               : grant_refuse(v->domain, GNTST_general_error, GRANT_PTE_MISMATCH, addr, old, frame);
}

/* ---- mapping ---- */

void grant_map(struct vcpu *v, struct gnttab_map_grant_ref *op)
{
    struct domain *d = v->domain, *granter;
    uint32_t incr = pins_for(op->flags), frame = 0;
    struct grant_mapping *m;
    grant_handle_t handle;

    if (unlikely(!incr)) {
        op->status = grant_refuse(d, GNTST_bad_gntref, GRANT_BAD_FLAGS, op->flags, 0, 0);
        return;
    }
    granter = domain_find(op->dom);
    if (unlikely(!granter)) {
        op->status = grant_refuse(d, GNTST_bad_domain, NO_SUCH_DOMAIN, op->dom, 0, 0);
        return;
    }
    m = grant_handle_get(d, &handle);
    if (unlikely(!m)) {
        op->status =
            grant_refuse(d, GNTST_no_space, GRANT_NO_HANDLE, d->grants->map_frames * MAPS_PER_FRAME,
                         d->max_maptrack_frames, 0);
        goto put_domain;
    }
    op->status = pin_and_hold(granter, d, op, incr, &frame);
    if (unlikely(op->status))
        goto put_handle;
    if (op->flags & GNTMAP_host_map) {
        op->status = entry_install(v, op->host_addr, op->flags & GNTMAP_contains_pte,
                                   pte_make(MFN(frame), entry_flags(op->flags)));
        if (unlikely(op->status))
            goto unpin;
    }
    m->granter = granter; /* with the reference of domain_find() */
    m->ref = op->ref;
    __atomic_store_n(&m->flags, op->flags & MAP_FLAGS, __ATOMIC_RELEASE);
    op->handle = handle;
    op->dev_bus_addr = (uint64_t)frame << PAGE_SHIFT;
    return;

unpin:
    frame_let_go(frame, op->flags & MAP_FLAGS);
    spin_lock(&granter->grants->lock);
    grant_unpin(granter->grants, op->ref, incr);
    spin_unlock(&granter->grants->lock);
put_handle:
    grant_handle_put(d, m, handle);
put_domain:
    domain_put(granter);
}

/* ---- unmapping ---- */

/* What a handle names, and exclusive use of it: until released, others find no mapping there. */
HOT struct grant_mapping *mapping_claim(struct domain *d, grant_handle_t handle, uint16_t *flags)
{
    struct grant_table *t = d->grants;
    struct grant_mapping *m;

    spin_lock(&t->lock);
    m = mapping_of(t, handle);
    if (likely(m) && likely(m->flags & MAP_KINDS)) {
        *flags = m->flags;
        m->flags = MAP_BUSY;
    } else {
        m = NULL;
    }
    spin_unlock(&t->lock);
    return m;
}

static void mapping_release(struct grant_mapping *m, uint16_t flags)
{
    __atomic_store_n(&m->flags, flags, __ATOMIC_RELEASE);
}

/* For unmap_and_replace: the entry that maps addr leaves its place and goes, with what it holds,
 * to a new one. */
static int16_t entry_steal(struct vcpu *v, uint64_t addr, uint64_t *out)
{
    struct frame *table;
    uint64_t *e = entry_hold(v, addr, false, &table);

    if (!e)
        return grant_refuse(v->domain, GNTST_general_error, GRANT_BAD_PTE, addr, 0, 0);
    *out = __atomic_exchange_n(e, 0, __ATOMIC_SEQ_CST);
    entry_release(v, table);
    return GNTST_okay;
}

HOT int16_t host_unmap(struct vcpu *v, uint64_t addr, uint64_t new_addr, uint16_t flags,
                       uint32_t frame)
{
    uint64_t new = 0;
    int16_t status;

    if (unlikely(new_addr)) {
        /* The replacement is named by address, so it has no meaning for a mapping named by its
         * entry. */
        if (flags & GNTMAP_contains_pte)
            return grant_refuse(v->domain, GNTST_general_error, GRANT_BAD_PTE, new_addr, 0, 0);
        status = entry_steal(v, new_addr, &new);
        if (status)
            return status;
    }
    status = entry_take(v, addr, flags, frame, new);
    if (unlikely(status) && (new &PTE_P))
        l1e_put(v->domain, new);
    return status;
}

/* Inlined: for the plain unmap new_addr is 0 and all about it falls away. */
HOT int16_t unmap(struct vcpu *v, grant_handle_t handle, uint64_t host_addr, uint64_t bus_addr,
                  uint64_t new_addr, struct grant_unmap_batch *b)
{
    struct domain *d = v->domain;
    uint16_t flags = 0, gone = 0, left;
    struct grant_mapping *m = mapping_claim(d, handle, &flags);
    int16_t status = GNTST_okay;
    uint32_t frame;

    if (unlikely(!m))
        return grant_refuse(d, GNTST_bad_handle, GRANT_BAD_HANDLE, handle, 0, 0);
    frame = active_of(m->granter->grants, m->ref)->frame; /* constant: our pin */
    if (unlikely(bus_addr) && bus_addr != (uint64_t)frame << PAGE_SHIFT)
        status = grant_refuse(d, GNTST_bad_dev_addr, GRANT_BUS_ADDRESS, bus_addr, frame, 0);
    else if (host_addr && (flags & GNTMAP_host_map))
        status = host_unmap(v, host_addr, new_addr, flags, frame);
    if (unlikely(status)) {
        mapping_release(m, flags);
        return status;
    }
    if (host_addr)
        gone = flags & GNTMAP_host_map;
    if (bus_addr)
        gone |= flags & GNTMAP_device_map;
    left = flags & ~gone;
    if (gone && (left & MAP_KINDS))
        domain_get(m->granter); /* the flush's own: another vcpu may end the handle before it */
    if (gone)
        b->e[b->count++] = (struct grant_unmapped){
            .granter = m->granter,
            .mapping = m,
            .ref = m->ref,
            .frame = frame,
            .handle = handle,
            .gone = gone | (flags & GNTMAP_readonly),
            .last = !(left & MAP_KINDS),
        };
    mapping_release(m, left & MAP_KINDS ? left : 0);
    return GNTST_okay;
}

void grant_unmap(struct vcpu *v, struct gnttab_unmap_grant_ref *op, struct grant_unmap_batch *b)
{
    op->status = unmap(v, op->handle, op->host_addr, op->dev_bus_addr, 0, b);
}

void grant_unmap_and_replace(struct vcpu *v, struct gnttab_unmap_and_replace *op,
                             struct grant_unmap_batch *b)
{
    op->status = unmap(v, op->handle, op->host_addr, 0, op->new_addr, b);
}

void grant_unmap_flush(struct vcpu *v, struct grant_unmap_batch *b)
{
    struct domain *d = v->domain;

    if (!b->count)
        return;
    /* Everything: the table may be linked at more addresses than the one named. */
    port_tlb_flush(__atomic_load_n(&d->dirty_cpus, __ATOMIC_SEQ_CST));
    for (unsigned i = 0; i < b->count; i++) {
        const struct grant_unmapped *u = &b->e[i];
        struct grant_table *t = u->granter->grants;

        /* The frame first: when the guest sees the grant free it may want another type. */
        frame_let_go(u->frame, u->gone);
        spin_lock(&t->lock);
        grant_unpin(t, u->ref, pins_for(u->gone));
        spin_unlock(&t->lock);
        if (likely(u->last))
            grant_handle_put(d, u->mapping, u->handle);
        domain_put(u->granter);
    }
    b->count = 0;
}

/* One handle of a dying domain. */
static void map_release(struct domain *d, grant_handle_t h)
{
    struct grant_mapping *m = mapping_of(d->grants, h);
    struct domain *granter = m->granter;
    uint32_t frame;

    if (!(m->flags & MAP_KINDS))
        return;
    frame = active_of(granter->grants, m->ref)->frame;
    if (m->flags & GNTMAP_device_map)
        frame_let_go(frame, m->flags & ~GNTMAP_host_map);
    spin_lock(&granter->grants->lock);
    grant_unpin(granter->grants, m->ref, pins_for(m->flags));
    spin_unlock(&granter->grants->lock);
    m->flags = 0;
    grant_handle_put(d, m, h);
    domain_put(granter);
}

/* d's vcpus do not run any more. What its L1 entries hold goes when its tables go. */
int grant_domain_release_maps(struct domain *d)
{
    struct grant_table *t = d->grants;

    for (unsigned looked = 1; t && t->release_next < t->map_frames * MAPS_PER_FRAME; looked++) {
        map_release(d, t->release_next++);
        if (looked % RELEASE_AT_ONCE == 0 && port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}
