/* SPDX-License-Identifier: MIT */
#include "core/memory.h"
#include "core/frame_ref.h"
#include "core/log.h"
#include "core/log_dirty.h"
#include "core/pagetype.h"
#include "core/vcpu.h"
#include "lib/errno.h"

/* Xen's defaults: order 9 for a guest, 18 for the control domain. */
#define MAX_ORDER_GUEST   9u
#define MAX_ORDER_CONTROL 18u

unsigned memory_max_order(const struct domain *d)
{
    return d->privileged ? MAX_ORDER_CONTROL : MAX_ORDER_GUEST;
}

/* ---- claims: d->claim is guarded by d's pages_lock, their sum by being atomic ---- */

static uint64_t claimed;

uint64_t memory_claimed(void)
{
    return __atomic_load_n(&claimed, __ATOMIC_RELAXED);
}

static void claim_drop(struct domain *d, uint64_t nr)
{
    nr = min(nr, d->claim);
    d->claim -= nr;
    __atomic_sub_fetch(&claimed, nr, __ATOMIC_RELAXED);
}

/* Would taking nr frames for d leave enough for the others' claims? */
static bool claims_allow(const struct domain *d, uint64_t nr)
{
    uint64_t others = memory_claimed() - d->claim;

    return heap_free_frames() >= others + nr;
}

int memory_claim(struct domain *d, uint64_t pages)
{
    uint64_t more;
    int rc = 0;

    spin_lock(&d->pages_lock);
    more = pages - d->tot_pages;
    if (!pages)
        claim_drop(d, d->claim);
    else if (d->claim || pages <= d->tot_pages || pages > d->max_pages || d->state >= DOM_DYING)
        rc = refuse(d, EINVAL, MEMORY_CLAIM, d->id, pages, d->claim);
    else if (!claims_allow(d, more))
        rc = refuse(d, ENOMEM, MEMORY_SHORT, 0, 0, 0);
    if (!rc && pages) {
        d->claim = more;
        __atomic_add_fetch(&claimed, more, __ATOMIC_RELAXED);
    }
    spin_unlock(&d->pages_lock);
    return rc;
}

/* A frame of the hypervisor's with one reference, which becomes the domain's own. Nobody can take another
 * before the owner is written. */
static inline void frame_give(struct domain *d, struct frame *f, uint64_t mfn, uint64_t gpfn)
{
    m2p[mfn] = gpfn;
    frame_list_add_number(&d->pages, f, (uint32_t)mfn);
    __atomic_or_fetch(&f->refs, FRAME_ALLOCATED, __ATOMIC_RELAXED);
    __atomic_store_n(&f->owner, d->id, __ATOMIC_RELEASE);
}

static inline void frames_give(struct domain *d, mfn_t m, unsigned order, uint64_t gpfn)
{
    struct frame *f = frame_of(m);

    for (uint64_t i = 0; i < 1ull << order; i++)
        frame_give(d, f + i, m.n + i, gpfn == M2P_INVALID ? M2P_INVALID : gpfn + i);
    for (uint64_t i = 0; unlikely(READ_ONCE(log_dirty_domains)) && i < 1ull << order; i++)
        log_dirty_mark(MFN(m.n + i));
    d->tot_pages += 1ull << order;
    if (unlikely(d->claim))
        claim_drop(d, 1ull << order);
}

static inline __attribute__((always_inline)) int
frames_give_checked(struct domain *d, mfn_t m, unsigned order, uint64_t gpfn)
{
    uint64_t nr = 1ull << order;

    spin_lock(&d->pages_lock);
    if (unlikely(d->tot_pages + d->exchanging + nr > d->max_pages || d->state >= DOM_DYING)) {
        spin_unlock(&d->pages_lock);
        return refuse(d, ENOMEM, MEMORY_LIMIT, d->id, d->max_pages, nr);
    }
    frames_give(d, m, order, gpfn);
    spin_unlock(&d->pages_lock);
    return 0;
}

int domain_add_frames(struct domain *d, mfn_t m, unsigned order)
{
    return frames_give_checked(d, m, order, M2P_INVALID);
}

void memory_assign(struct domain *d, mfn_t m, unsigned order, uint64_t gpfn)
{
    spin_lock(&d->pages_lock);
    d->exchanging -= 1ull << order;
    frames_give(d, m, order, gpfn);
    spin_unlock(&d->pages_lock);
}

/* Take the owner's own reference out of the count. False: it has gone before. */
static inline bool own_reference_take(struct frame *f)
{
    uint32_t refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);

    do {
        if (!(refs & FRAME_ALLOCATED) || (refs & FRAME_XENHEAP))
            return false;
    } while (!__atomic_compare_exchange_n(&f->refs, &refs, refs & ~FRAME_ALLOCATED, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return true;
}

bool domain_release_frame(struct domain *d, struct frame *f)
{
    bool own = own_reference_take(f);

    if (own)
        m2p[frame_mfn(f).n] = M2P_INVALID;
    /* Also of a frame that was released before: while others had it mapped, it could be made a table. */
    if (unlikely(READ_ONCE(f->type) & TYPE_PARTIAL)) {
        table_abandon(d, f);
        type_drain(d, false);
    }
    if (own)
        frame_put_inline(f);
    return own;
}

/* The last reference of a frame of d went. */
static inline void frame_gone(struct domain *d, struct frame *f, uint64_t mfn)
{
    spin_lock(&d->pages_lock);
    frame_list_del(&d->pages, f);
    d->tot_pages--;
    spin_unlock(&d->pages_lock);
    m2p[mfn] = M2P_INVALID;
    heap_free_frame(f);
}

void domain_frame_last_put(struct frame *f)
{
    struct domain *d;

    BUG_ON(f->type & TYPE_COUNT_MASK);
    if (f->owner == DOMID_XEN) {
        heap_free_frame(f);
        return;
    }
    d = domain_find(f->owner);
    BUG_ON(!d);
    frame_gone(d, f, frame_mfn(f).n);
    domain_put(d);
}

void frame_share(struct domain *d, mfn_t m, bool writable)
{
    struct frame *f = frame_of(m);

    spin_lock(&d->pages_lock);
    m2p[m.n] = M2P_INVALID;
    /* Shared for reading: a count of no type, so that it never gets another one. */
    __atomic_store_n(&f->type, (writable ? TYPE_WRITABLE | TYPE_VALIDATED : TYPE_NONE) | 1,
                     __ATOMIC_RELAXED);
    frame_list_add(&d->xen_pages, f);
    __atomic_or_fetch(&f->refs, FRAME_XENHEAP | FRAME_ALLOCATED, __ATOMIC_RELAXED);
    __atomic_store_n(&f->owner, d->id, __ATOMIC_RELEASE);
    spin_unlock(&d->pages_lock);
}

void frame_unshare(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);

    spin_lock(&d->pages_lock);
    BUG_ON(!(f->refs & FRAME_XENHEAP) || f->owner != d->id);
    frame_list_del(&d->xen_pages, f);
    __atomic_store_n(&f->owner, DOMID_XEN, __ATOMIC_RELEASE);
    __atomic_and_fetch(&f->refs, ~(FRAME_XENHEAP | FRAME_ALLOCATED), __ATOMIC_RELAXED);
    spin_unlock(&d->pages_lock);
    type_put(d, f);
}

int memory_populate(struct domain *d, uint64_t gpfn, unsigned order, unsigned bits, mfn_t *out)
{
    mfn_t m;
    int rc;

    /* Before the clearing of frames it could not keep. */
    if (READ_ONCE(d->tot_pages) + (1ull << order) > d->max_pages)
        return refuse(d, ENOMEM, MEMORY_LIMIT, d->id, d->max_pages, 1ull << order);
    if (unlikely(memory_claimed()) && !claims_allow(d, 1ull << order))
        return refuse(d, ENOMEM, MEMORY_SHORT, order, bits, memory_claimed());
    m = heap_alloc(order, ALLOC_BITS(bits) | (d->privileged ? ALLOC_BOOT_AS_IS : 0));
    if (mfn_eq(m, MFN_INVALID))
        return refuse(d, ENOMEM, MEMORY_SHORT, order, bits, 0);
    rc = likely(!order) ? frames_give_checked(d, m, 0, gpfn) : frames_give_checked(d, m, order, gpfn);
    *out = m;
    if (unlikely(rc))
        heap_free(m, order);
    return rc;
}

int memory_remove(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t w;

    if (!mfn_valid(m))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, DOMID_IO);
    /* Mostly its owner's reference is the only one left. */
    w = word_load(f);
    if (likely(f->owner == d->id) && likely((uint32_t)w == (FRAME_ALLOCATED | 1)) &&
        likely(!(w & WORD_T(TYPE_COUNT_MASK | TYPE_QUEUED))) && likely(word_cas(f, &w, w & ~0xffffffffull))) {
        if (likely(READ_ONCE(f->owner) == d->id)) {
            frame_gone(d, f, m.n);
            return 0;
        }
        __atomic_or_fetch(&f->refs, FRAME_ALLOCATED | 1, __ATOMIC_RELEASE); /* it changed hands */
    }
    if (!frame_get(f, d))
        return refuse(d, ENXIO, FRAME_NOT_OWNED, m.n, d->id, f->owner);
    domain_release_frame(d, f);
    frame_put_inline(f);
    return 0;
}

int memory_steal(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t w;

    if (!mfn_valid(m) || f->owner != d->id)
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, mfn_valid(m) ? f->owner : DOMID_IO);
    w = word_load(f);
    /* With no reference but its owner's it is taken to zero references: nobody can get one now. */
    do {
        if ((uint32_t)w != (FRAME_ALLOCATED | 1) || f->owner != d->id ||
            (w & WORD_T(TYPE_COUNT_MASK | TYPE_QUEUED)))
            return refuse(d, EINVAL, FRAME_TYPE_CONFLICT, m.n, w >> 32, w & 0xffffffff);
    } while (!word_cas(f, &w, w & ~0xffffffffull));
    if (unlikely(READ_ONCE(f->owner) != d->id)) { /* it changed hands */
        __atomic_or_fetch(&f->refs, FRAME_ALLOCATED | 1, __ATOMIC_RELEASE);
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, f->owner);
    }
    spin_lock(&d->pages_lock);
    frame_list_del(&d->pages, f);
    d->tot_pages--;
    d->exchanging++;
    spin_unlock(&d->pages_lock);
    f->owner = DOMID_XEN;
    return 0;
}

void memory_unsteal(struct domain *d, mfn_t m)
{
    struct frame *f = frame_of(m);

    spin_lock(&d->pages_lock);
    frame_list_add(&d->pages, f);
    d->tot_pages++;
    d->exchanging--;
    spin_unlock(&d->pages_lock);
    f->owner = d->id;
    __atomic_or_fetch(&f->refs, FRAME_ALLOCATED | 1, __ATOMIC_RELEASE);
}

void memory_stolen_free(mfn_t m)
{
    m2p[m.n] = M2P_INVALID;
    heap_free_frame(frame_of(m));
}
