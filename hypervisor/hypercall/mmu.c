/* SPDX-License-Identifier: MIT */
/*
 * mmu_update(requests, count, pdone, domains) and update_va_mapping(va, value, flags): changing entries.
 *
 * A request names an entry by its machine address. If the frame is a page table in use the entry is
 * changed by its rules; if it is or can be made writable, the guest could write it itself, and the
 * value is simply stored. The references on the table are kept from one request to the next: a
 * batch changes mostly one table.
 */
#include "core/frame_ref.h"
#include "core/pte.h"
#include "hypercall/mmu.h"

#define COPY_AT_ONCE 16u
#define PREEMPT_EVERY 64u

struct mmu_ctx {
    struct vcpu *v;
    struct domain *pt_dom, *pg_dom;
    bool checked;     /* v may do this */
    bool upper;       /* the table in hand is above L1 */
    bool flush;       /* an entry above L1 that was present changed */
    uint64_t mfn;     /* the table in hand; ~0 none */
    struct frame *f;
};

/* Both references on a frame, if it is a page table in use. */
static inline bool table_get(struct domain *d, uint64_t mfn)
{
    struct frame *f = &frame_table[mfn];
    uint64_t w = word_load(f);

    if (unlikely(f->owner != d->id))
        return false;
    do {
        uint32_t t = (uint32_t)(w >> 32);

        if ((t & TYPE_MASK) - TYPE_L1 > TYPE_L4 - TYPE_L1 || !(t & TYPE_VALIDATED) ||
            !(t & TYPE_COUNT_MASK) || (t & TYPE_COUNT_MASK) == TYPE_COUNT_MASK || !refs_can_grow(w))
            return false;
    } while (unlikely(!word_cas(f, &w, w + WORD_TYPE + WORD_REF)));
    if (likely(READ_ONCE(f->owner) == d->id))
        return true;
    frame_and_type_put_stray(f);
    return false;
}

static inline void table_put(struct mmu_ctx *c)
{
    if (c->f)
        frame_and_type_put(c->pt_dom, c->f);
    c->f = NULL;
    c->mfn = ~0ull;
}

/* An entry in a frame that is no page table. */
static int store_plain(struct mmu_ctx *c, uint64_t ptr, uint64_t val)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);

    if (frame_and_type_get(c->pt_dom, m, TYPE_WRITABLE, false))
        return -EINVAL;
    __atomic_store_n((uint64_t *)((uint8_t *)frame_va(m) + (ptr & (PAGE_SIZE - 1))), val, __ATOMIC_RELEASE);
    frame_and_type_put(c->pt_dom, frame_of(m));
    return 0;
}

static int check_once(struct mmu_ctx *c)
{
    int rc = c->pg_dom == dom_io ? 0 : mmu_may_touch(c->v, c->pg_dom);

    if (!rc)
        rc = mmu_may_touch(c->v, c->pt_dom);
    c->checked = !rc;
    return rc;
}

static int update_m2p(struct mmu_ctx *c, uint64_t ptr, uint64_t val)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);
    struct frame *f = frame_of(m);

    if (c->pt_dom != c->v->domain)
        return refuse(c->v->domain, EPERM, NOT_PRIVILEGED, c->pt_dom->id, 0, 0);
    if (!mfn_valid(m) || !frame_get(f, c->pg_dom))
        return refuse(c->v->domain, EINVAL, FRAME_NOT_OWNED, m.n, c->pg_dom->id,
                      mfn_valid(m) ? f->owner : DOMID_IO);
    m2p[m.n] = val;
    /* It may have left its owner meanwhile, who then wrote INVALID before this: MEM-1. */
    if (!(__atomic_load_n(&f->refs, __ATOMIC_SEQ_CST) & FRAME_ALLOCATED))
        m2p[m.n] = M2P_INVALID;
    frame_put_inline(f);
    return 0;
}

static inline int update_one(struct mmu_ctx *c, uint64_t ptr, uint64_t val)
{
    uint64_t mfn = ptr >> PAGE_SHIFT;
    unsigned cmd = ptr & 7;
    int rc;

    if (unlikely(cmd > MMU_PT_UPDATE_NO_TRANSLATE))
        return refuse(c->v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    if (unlikely(!c->checked)) {
        rc = check_once(c);
        if (rc)
            return rc;
    }
    if (unlikely(cmd == MMU_MACHPHYS_UPDATE))
        return update_m2p(c, ptr, val);
    if (mfn != c->mfn) {
        table_put(c);
        if (unlikely(mfn >= max_mfn) || !table_get(c->pt_dom, mfn))
            return store_plain(c, ptr & ~7ull, val);
        c->mfn = mfn;
        c->f = &frame_table[mfn];
        c->upper = (c->f->type & TYPE_MASK) != TYPE_L1;
    }
    if (unlikely(c->upper))
        c->flush |= ((uint64_t *)frame_va(MFN(mfn)))[(ptr & (PAGE_SIZE - 1)) >> 3] & PTE_P;
    return entry_update(c->v, c->pt_dom, c->pg_dom, c->f, (ptr & (PAGE_SIZE - 1)) >> 3, val,
                        cmd == MMU_PT_UPDATE_PRESERVE_AD);
}

static long update_all(struct mmu_ctx *c, struct mmu_batch *b)
{
    struct mmu_update req[COPY_AT_ONCE];
    long rc;

    while (b->done < b->count) {
        uint32_t n = min(b->count - b->done, COPY_AT_ONCE), got;
        size_t left = port_copy_from_guest(req, b->list, n * sizeof(*req));

        got = n - (uint32_t)DIV_ROUND_UP(left, sizeof(*req));
        for (uint32_t i = 0; i < got; i++) {
            rc = update_one(c, req[i].ptr, req[i].val);
            if (unlikely(rc))
                return rc;
            b->done++;
            b->list += sizeof(*req);
        }
        if (unlikely(got < n))
            return refuse(c->v->domain, EFAULT, BAD_POINTER, b->list, sizeof(*req), 0);
        if (unlikely(b->done % PREEMPT_EVERY == 0 && b->done < b->count) && port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}

/* The domain whose tables are meant: upper half of the argument, id + 1; 0 the caller's. */
static struct domain *table_owner(struct vcpu *v, uint32_t half, long *rc)
{
    struct domain *d;

    if (likely(!half) || half - 1 == v->domain->id)
        return v->domain;
    d = domain_find((domid_t)(half - 1));
    if (!d) {
        *rc = refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, half - 1, 0, 0);
    } else if (!d->vcpus || !d->vcpus[0]) {
        *rc = refuse(v->domain, EINVAL, VCPU_MISSING, 0, d->id, 0);
        domain_put(d);
        d = NULL;
    }
    return d;
}

long hc_mmu_update(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct mmu_ctx c = { .v = v, .mfn = ~0ull };
    struct mmu_batch b;
    long rc = 0;

    (void)a5;
    if (unlikely(!mmu_batch_begin(v, &b, a1, a2, a3, a4, &rc)))
        return rc;
    c.pt_dom = table_owner(v, b.arg4 >> 16, &rc);
    if (unlikely(!c.pt_dom))
        return rc;
    c.pg_dom = mmu_frame_owner(v, (domid_t)b.arg4);
    if (likely(c.pg_dom)) {
        c.checked = c.pg_dom == v->domain && c.pt_dom == v->domain;
        rc = update_all(&c, &b);
        table_put(&c);
        /* What was reached through the old entry must be gone when the call returns, as with Xen. */
        if (unlikely(c.flush))
            port_tlb_flush(READ_ONCE(c.pt_dom->dirty_cpus));
        rc = mmu_batch_end(v, &b, c.pt_dom, rc);
        mmu_frame_owner_put(v, c.pg_dom);
    } else {
        rc = -ESRCH;
    }
    mmu_frame_owner_put(v, c.pt_dom);
    return rc;
}

/* ---- update_va_mapping ---- */

/* flags: what to flush, and where: UVMF_LOCAL, UVMF_ALL, or the address of a bitmap of vcpus. */
static long va_flush(struct vcpu *v, gva_t va, uint64_t flags)
{
    uint64_t where = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;
    unsigned what = flags & UVMF_FLUSHTYPE_MASK;
    cpumask_t cpus = BIT(port_cpu());
    long rc = 0;

    if (what != UVMF_TLB_FLUSH && what != UVMF_INVLPG)
        return 0;
    if (where == UVMF_ALL)
        cpus = READ_ONCE(v->domain->dirty_cpus);
    else if (where != UVMF_LOCAL)
        rc = mmu_vcpu_mask(v, where, &cpus);
    if (what == UVMF_INVLPG)
        port_tlb_flush_va(cpus, va);
    else
        port_tlb_flush(cpus);
    return rc;
}

static long update_va(struct vcpu *v, gva_t va, uint64_t val, uint64_t flags, struct domain *pg_dom)
{
    struct domain *d = v->domain;
    mfn_t l1;
    uint64_t *p = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), va, &l1);
    long rc = -EINVAL;

    if (unlikely(!p) || unlikely(!table_get(d, l1.n)))
        return refuse(d, EINVAL, MMU_VA_UNMAPPED, va, val, flags);
    /* It was an L1 when entry_of_va() looked; another vcpu may have made something else of it. */
    if (likely((READ_ONCE(frame_of(l1)->type) & TYPE_MASK) == TYPE_L1))
        rc = entry_update(v, d, pg_dom, frame_of(l1), pte_index(va, 1), val, false);
    frame_and_type_put(d, frame_of(l1));
    if (likely(!rc) && flags)
        rc = va_flush(v, va, flags);
    if (unlikely(type_drain_needed(d)))
        vcpu_set_work(v, WORK_DRAIN);
    return rc;
}

long hc_update_va_mapping(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a4, (void)a5;
    return update_va(v, a1, a2, a3, v->domain);
}

long hc_update_va_mapping_otherdomain(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                      uint64_t a5)
{
    struct domain *pg_dom = mmu_frame_owner(v, (domid_t)a4);
    long rc;

    (void)a5;
    if (!pg_dom)
        return -ESRCH;
    rc = mmu_may_touch(v, pg_dom);
    if (!rc)
        rc = update_va(v, a1, a2, a3, pg_dom);
    mmu_frame_owner_put(v, pg_dom);
    return rc;
}
