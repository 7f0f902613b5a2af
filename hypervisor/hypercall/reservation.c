/* SPDX-License-Identifier: MIT */
/*
 * increase_reservation, decrease_reservation, populate_physmap: they return how many extents were
 * done, whatever stopped them; and exchange, all or nothing for each chunk.
 */
#include "hypercall/memory.h"
#include "core/memory.h"
#include "core/pte.h"
#include "lib/errno.h"

#define COPY_AT_ONCE 32u
#define EXTENT_BITS 6 /* the command's width, the extent to go on with is above */

struct reservation {
    struct domain *d;
    gva_t list;
    uint64_t nr, done;
    unsigned op, order, bits;
};

/* One extent, x in and out. Not 0: stop here. */
static inline int extent_one(const struct reservation *r, uint64_t *x)
{
    mfn_t m = MFN(*x);
    int rc = 0;

    if (r->op == XENMEM_decrease_reservation) {
        if (likely(!r->order))
            return memory_remove(r->d, m);
        for (uint64_t i = 0; i < 1ull << r->order && !rc; i++)
            rc = memory_remove(r->d, MFN(m.n + i));
        return rc;
    }
    rc = memory_populate(r->d, r->op == XENMEM_populate_physmap ? *x : M2P_INVALID, r->order, r->bits, &m);
    *x = m.n;
    return rc;
}

/* Some extents at once through the door. False: stop. */
static inline bool extents_some(struct vcpu *v, struct reservation *r)
{
    uint64_t x[COPY_AT_ONCE], at = r->list + r->done * sizeof(x[0]);
    uint64_t n = min(r->nr - r->done, r->order ? 1ul : COPY_AT_ONCE), i, left = 0, got;

    if (r->op != XENMEM_increase_reservation)
        left = port_copy_from_guest(x, at, n * sizeof(x[0]));
    got = n - DIV_ROUND_UP(left, sizeof(x[0]));
    for (i = 0; i < got; i++)
        if (unlikely(extent_one(r, &x[i])))
            break;
    /* LIMIT: of frames whose numbers cannot be told to the guest more than one may be lost to it. */
    if (r->op != XENMEM_decrease_reservation && i && r->list) {
        left = port_copy_to_guest(at, x, i * sizeof(x[0]));
        i -= DIV_ROUND_UP(left, sizeof(x[0]));
    }
    if (unlikely(left))
        refuse(v->domain, EFAULT, BAD_POINTER, at, n * sizeof(x[0]), 0);
    r->done += i;
    return i == n;
}

/* Checks that Xen answers with "nothing done". */
static inline bool reservation_decode(struct vcpu *v, struct reservation *r, gva_t arg)
{
    struct xen_memory_reservation mr;
    long rc;

    if (unlikely(port_copy_from_guest(&mr, arg, sizeof(mr)))) {
        refuse(v->domain, EFAULT, BAD_POINTER, arg, sizeof(mr), 0);
        return false;
    }
    if (unlikely(mr.nr_extents > (UINT32_MAX >> EXTENT_BITS)) || unlikely(r->done >= mr.nr_extents))
        return false;
    r->list = door_handle(mr.extent_start);
    r->nr = mr.nr_extents;
    r->order = mr.extent_order;
    r->bits = XENMEMF_get_address_bits(mr.mem_flags);
    if (unlikely(r->bits && r->bits <= PAGE_SHIFT)) {
        refuse(v->domain, EINVAL, MEMORY_SHORT, r->order, r->bits, 0);
        return false;
    }
    if (unlikely(r->order && r->order > memory_max_order(v->domain)) ||
        unlikely(mr.mem_flags & XENMEMF_populate_on_demand)) {
        refuse(v->domain, EINVAL, MEMORY_ORDER, r->order, memory_max_order(v->domain), mr.mem_flags);
        return false;
    }
    if (r->list && unlikely(!va_is_guest(r->list, r->nr * sizeof(uint64_t)))) {
        refuse(v->domain, EFAULT, BAD_POINTER, r->list, r->nr * sizeof(uint64_t), 0);
        return false;
    }
    r->d = likely(mr.domid == DOMID_SELF) ? v->domain : memory_target(v, mr.domid, &rc);
    if (unlikely(r->d == v->domain && mr.domid != DOMID_SELF))
        domain_put(r->d); /* the caller's own needs no reference */
    return r->d != NULL;
}

bool memory_populate_single(struct vcpu *v, gva_t arg, long *rc)
{
    struct xen_memory_reservation mr;
    uint64_t gpfn;
    gva_t at;
    mfn_t m;

    if (unlikely(port_copy_from_guest(&mr, arg, sizeof(mr))) || mr.nr_extents != 1 ||
        unlikely(mr.extent_order | mr.mem_flags) || unlikely(mr.domid != DOMID_SELF))
        return false;
    at = door_handle(mr.extent_start);
    if (unlikely(!at) || unlikely(port_copy_from_guest(&gpfn, at, sizeof(gpfn))))
        return false;
    *rc = 0;
    if (likely(!memory_populate(v->domain, gpfn, 0, 0, &m)))
        *rc = !door_out_obj(v, at, m.n);
    return true;
}

long memory_reservation(struct vcpu *v, unsigned op, uint64_t start, gva_t arg)
{
    struct reservation r = { .op = op, .done = start };
    bool more;
    long rc;

    if (unlikely(!reservation_decode(v, &r, arg)))
        return (long)start;
    do {
        more = extents_some(v, &r) && r.done < r.nr;
    } while (more && !port_preempt_pending());
    rc = (long)r.done;
    if (unlikely(more)) /* stopped between extents, not by one of them */
        rc = hypercall_restart(v, op | r.done << EXTENT_BITS, arg, 0, 0, 0);
    if (unlikely(r.d != v->domain))
        domain_put(r.d);
    return rc;
}

/* ---- exchange ---- */

struct exchange {
    struct domain *d;
    gva_t in, out;
    unsigned in_order, out_order, bits;
    uint64_t in_per_chunk, out_per_chunk; /* extents */
};

/* The frames taken in a chunk are linked by number in next, so that any chunk size needs no memory. */
struct chain { uint32_t head, tail; };

static void chain_add(struct chain *c, mfn_t m)
{
    frame_of(m)->next = FRAME_NIL;
    if (c->head == FRAME_NIL)
        c->head = (uint32_t)m.n;
    else
        frame_of(MFN(c->tail))->next = (uint32_t)m.n;
    c->tail = (uint32_t)m.n;
}

static uint32_t chain_pop(struct chain *c)
{
    uint32_t n = c->head;

    if (n != FRAME_NIL) {
        c->head = frame_table[n].next;
        frame_table[n].next = FRAME_NIL;
    }
    return n;
}

static long chunk_steal(struct vcpu *v, struct exchange *x, uint64_t chunk, struct chain *taken)
{
    for (uint64_t j = 0; j < x->in_per_chunk; j++) {
        uint64_t mfn;
        long rc = door_in(v, &mfn, x->in + (chunk * x->in_per_chunk + j) * sizeof(mfn), sizeof(mfn));

        for (uint64_t k = 0; !rc && k < 1ull << x->in_order; k++) {
            rc = memory_steal(x->d, MFN(mfn + k));
            if (!rc)
                chain_add(taken, MFN(mfn + k));
        }
        if (rc)
            return rc;
    }
    return 0;
}

static long chunk_alloc(struct vcpu *v, struct exchange *x, struct chain *new)
{
    for (uint64_t j = 0; j < x->out_per_chunk; j++) {
        mfn_t m = heap_alloc(x->out_order, ALLOC_BITS(x->bits) | (x->d->privileged ? ALLOC_BOOT_AS_IS : 0));

        if (mfn_eq(m, MFN_INVALID))
            return refuse(v->domain, ENOMEM, MEMORY_SHORT, x->out_order, x->bits, 0);
        chain_add(new, m);
    }
    return 0;
}

/* Give the new extents: their place in the guest comes from the out list, the frame goes there. */
static long chunk_assign(struct vcpu *v, struct exchange *x, uint64_t chunk, struct chain *new)
{
    long rc = 0;
    uint32_t n;

    for (uint64_t j = 0; (n = chain_pop(new)) != FRAME_NIL; j++) {
        gva_t at = x->out + (chunk * x->out_per_chunk + j) * sizeof(uint64_t);
        uint64_t gpfn = M2P_INVALID, mfn = n;

        if (door_in_obj(v, gpfn, at)) {
            rc = -EFAULT;
            gpfn = M2P_INVALID;
        }
        memory_assign(x->d, MFN(mfn), x->out_order, gpfn);
        if (gpfn != M2P_INVALID && door_out_obj(v, at, mfn))
            rc = -EFAULT;
    }
    return rc;
}

static long exchange_chunk(struct vcpu *v, struct exchange *x, uint64_t chunk)
{
    struct chain taken = { FRAME_NIL, FRAME_NIL }, new = { FRAME_NIL, FRAME_NIL };
    long rc = chunk_steal(v, x, chunk, &taken);
    uint32_t n;

    if (!rc)
        rc = chunk_alloc(v, x, &new);
    if (!rc) {
        while ((n = chain_pop(&taken)) != FRAME_NIL)
            memory_stolen_free(MFN(n));
        return chunk_assign(v, x, chunk, &new);
    }
    while ((n = chain_pop(&new)) != FRAME_NIL)
        heap_free(MFN(n), x->out_order);
    while ((n = chain_pop(&taken)) != FRAME_NIL)
        memory_unsteal(x->d, MFN(n));
    return rc;
}

static long exchange_check(struct vcpu *v, const struct xen_memory_exchange *e)
{
    unsigned most = memory_max_order(v->domain);

    if (max(e->in.extent_order, e->out.extent_order) > most)
        return refuse(v->domain, EPERM, MEMORY_ORDER, max(e->in.extent_order, e->out.extent_order), most, 0);
    if (e->nr_exchanged > e->in.nr_extents || e->in.domid != e->out.domid ||
        (~0ull >> e->in.extent_order) < e->in.nr_extents ||
        (~0ull >> e->out.extent_order) < e->out.nr_extents ||
        e->in.nr_extents << e->in.extent_order != e->out.nr_extents << e->out.extent_order)
        return refuse(v->domain, EINVAL, MEMORY_EXCHANGE, e->in.nr_extents, e->out.nr_extents,
                      e->nr_exchanged);
    return 0;
}

long memory_exchange(struct vcpu *v, gva_t arg)
{
    struct xen_memory_exchange e;
    struct exchange x = { .in_per_chunk = 1, .out_per_chunk = 1 };
    gva_t progress = arg + offsetof(struct xen_memory_exchange, nr_exchanged);
    uint64_t chunk, chunks;
    long rc = door_in_obj(v, e, arg);

    if (rc)
        return rc;
    rc = exchange_check(v, &e);
    if (!rc)
        x.d = memory_target(v, e.in.domid, &rc);
    if (rc || !x.d)
        return door_out(v, progress, &e.nr_exchanged, sizeof(e.nr_exchanged)) ? -EFAULT : rc;
    x.in = door_handle(e.in.extent_start);
    x.out = door_handle(e.out.extent_start);
    x.in_order = e.in.extent_order;
    x.out_order = e.out.extent_order;
    x.bits = XENMEMF_get_address_bits(e.out.mem_flags);
    if (x.in_order <= x.out_order)
        x.in_per_chunk = 1ull << (x.out_order - x.in_order);
    else
        x.out_per_chunk = 1ull << (x.in_order - x.out_order);
    chunks = e.in.nr_extents / x.in_per_chunk;
    for (chunk = e.nr_exchanged / x.in_per_chunk; chunk < chunks; chunk++) {
        rc = exchange_chunk(v, &x, chunk);
        if (rc)
            break;
        if (chunk + 1 < chunks && port_preempt_pending()) {
            rc = hypercall_restart(v, XENMEM_exchange, arg, 0, 0, 0);
            chunk++;
            break;
        }
    }
    domain_put(x.d);
    e.nr_exchanged = rc ? chunk * x.in_per_chunk : e.in.nr_extents;
    if (door_out(v, progress, &e.nr_exchanged, sizeof(e.nr_exchanged)) && rc != -ERESTART)
        return -EFAULT;
    return rc;
}
