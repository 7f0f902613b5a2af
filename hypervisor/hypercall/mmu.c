/* SPDX-License-Identifier: MIT */
/*
 * mmu_update(requests, count, pdone, domains) and update_va_mapping(va, value, flags): changing entries.
 *
 * A request names an entry by its machine address. If the frame is a page table in use the entry is
 * changed by its rules; if it is or can be made writable, the guest could write it itself, and the
 * value is simply stored. The references on the table are kept from one request to the next: a
 * batch changes mostly one table.
 */
#include "core/entry.h"
#include "core/log_dirty.h"
#include "core/pte.h"
#include "hypercall/mmu.h"

#define COPY_AT_ONCE 16u
#define PREEMPT_EVERY 64u

struct mmu_ctx {
    struct vcpu *v;
    struct domain *pt_dom, *pg_dom;
    bool checked;     /* v may do this */
    bool flush;       /* an entry above L1 that was present changed */
    uint64_t mfn;     /* the L1 in hand; ~0 none */
    struct frame *f;
};

/* Both references on a frame, if it is a page table in use. */
static bool table_get(struct domain *d, struct frame *f)
{
    uint32_t type = READ_ONCE(f->type) & TYPE_MASK;

    return type - TYPE_L1 <= TYPE_L4 - TYPE_L1 && frame_get_table(f, d, type);
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
    log_dirty_wrote(m);
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
    log_dirty_wrote(m); /* to whoever knows it by its new number */
    /* It may have left its owner meanwhile, who then wrote INVALID before this: MEM-1. */
    if (!(__atomic_load_n(&f->refs, __ATOMIC_SEQ_CST) & FRAME_ALLOCATED))
        m2p[m.n] = M2P_INVALID;
    frame_put_inline(f);
    return 0;
}

/* Above L1, or no table at all, or not an entry: one at a time. */
static int update_rare(struct mmu_ctx *c, uint64_t ptr, uint64_t val)
{
    mfn_t m = MFN(ptr >> PAGE_SHIFT);
    unsigned cmd = ptr & 7, index = (ptr & (PAGE_SIZE - 1)) >> 3;
    int rc;

    if (cmd > MMU_PT_UPDATE_NO_TRANSLATE)
        return refuse(c->v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    if (!c->checked) {
        rc = check_once(c);
        if (rc)
            return rc;
    }
    if (cmd == MMU_MACHPHYS_UPDATE)
        return update_m2p(c, ptr, val);
    if (!mfn_valid(m) || !table_get(c->pt_dom, frame_of(m)))
        return store_plain(c, ptr & ~7ull, val);
    if ((frame_of(m)->type & TYPE_MASK) != TYPE_L1)
        c->flush |= ((uint64_t *)frame_va(m))[index] & PTE_P;
    rc = entry_update(c->v, c->pt_dom, c->pg_dom, frame_of(m), index, val,
                      cmd == MMU_PT_UPDATE_PRESERVE_AD);
    frame_and_type_put(c->pt_dom, frame_of(m));
    return rc;
}

/* An entry of the L1 in hand, or of another one, which is then in hand. */
static inline __attribute__((always_inline)) int update_one(struct mmu_ctx *c, uint64_t ptr, uint64_t val)
{
    uint64_t mfn = ptr >> PAGE_SHIFT;
    uint64_t *p;

    if (unlikely((ptr & 7) == MMU_MACHPHYS_UPDATE) || unlikely(ptr & 4))
        return update_rare(c, ptr, val);
    if (unlikely(mfn != c->mfn)) {
        table_put(c);
        if (unlikely(mfn >= max_mfn) || unlikely(!c->checked) ||
            !frame_get_table(&frame_table[mfn], c->pt_dom, TYPE_L1))
            return update_rare(c, ptr, val);
        c->mfn = mfn;
        c->f = &frame_table[mfn];
    }
    p = (uint64_t *)(directmap + (ptr & ~7ull));
    if (likely(l1_update_fast(p, val, (ptr & 7) == MMU_PT_UPDATE_PRESERVE_AD)))
        return 0;
    return l1_update_rights(c->pt_dom, c->pg_dom, p, val, (ptr & 7) == MMU_PT_UPDATE_PRESERVE_AD);
}

static long update_all(struct mmu_ctx *c, struct mmu_batch *b)
{
    struct mmu_update req[COPY_AT_ONCE];
    long rc;

    while (b->done < b->count) {
        uint32_t n = min(b->count - b->done, COPY_AT_ONCE), got, i;
        size_t left = port_copy_from_guest(req, b->list, n * sizeof(*req));

        got = n - (uint32_t)DIV_ROUND_UP(left, sizeof(*req));
        for (i = 0, rc = 0; i < got; i++) {
            rc = update_one(c, req[i].ptr, req[i].val);
            if (unlikely(rc))
                break;
        }
        b->done += i;
        b->list += i * sizeof(*req);
        if (unlikely(rc))
            return rc;
        if (unlikely(got < n))
            return refuse(c->v->domain, EFAULT, BAD_POINTER, b->list, sizeof(*req), 0);
        if (unlikely(b->done % PREEMPT_EVERY == 0 && b->done < b->count) && port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}

/* One entry of the caller's own tables above L1. False: it is none of these. */
static __attribute__((noinline)) bool update_single_upper(struct vcpu *v, const struct mmu_update *u, long *rc)
{
    struct domain *d = v->domain;
    struct frame *f = &frame_table[u->ptr >> PAGE_SHIFT];
    bool was;

    if (!table_get(d, f))
        return false;
    was = *(uint64_t *)(directmap + (u->ptr & ~7ull)) & PTE_P;
    *rc = entry_update(v, d, d, f, (u->ptr & (PAGE_SIZE - 1)) >> 3, u->val, u->ptr & 2);
    if (unlikely(!frame_put_both_fast(f)))
        frame_and_type_put(d, f);
    /* What was reached through the old entry must be gone when the call returns, as with Xen. */
    if (was)
        port_tlb_flush(READ_ONCE(d->dirty_cpus));
    return *rc != -ERESTART;
}

/*
 * One entry of the caller's own, the most frequent call by far. False: not such a call, or it wants to be
 * continued; the long way begins anew.
 */
static inline bool update_single(struct vcpu *v, gva_t list, long *rc)
{
    struct domain *d = v->domain;
    struct mmu_update u;
    struct frame *f;
    uint64_t *p;

    if (unlikely(port_copy_from_guest(&u, list, sizeof(u))) || unlikely(u.ptr & 5) ||
        unlikely(u.ptr >> PAGE_SHIFT >= max_mfn))
        return false;
    f = &frame_table[u.ptr >> PAGE_SHIFT];
    if (unlikely(!frame_get_table(f, d, TYPE_L1)))
        return update_single_upper(v, &u, rc);
    p = (uint64_t *)(directmap + (u.ptr & ~7ull));
    *rc = 0;
    if (!l1_update_fast(p, u.val, u.ptr & 2))
        *rc = l1_update_rights(d, d, p, u.val, u.ptr & 2);
    if (unlikely(!frame_put_both_fast(f)))
        frame_and_type_put(d, f);
    return true;
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

static __attribute__((noinline)) long update_batch(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3,
                                                   uint64_t a4)
{
    struct mmu_ctx c = { .v = v, .mfn = ~0ull };
    struct mmu_batch b;
    long rc = 0;

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

long hc_mmu_update(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    uint32_t done;
    long rc;

    (void)a5;
    if (unlikely((uint32_t)a2 != 1) || unlikely((uint32_t)a4 != DOMID_SELF) ||
        unlikely(!update_single(v, a1, &rc)))
        return update_batch(v, a1, a2, a3, a4);
    if (a3) {
        done = !rc;
        port_copy_to_guest(a3, &done, sizeof(done));
    }
    /* The same end as a batch with nothing left: it returns rc, after the tables are gone. */
    if (unlikely(type_drain_needed(v->domain)) && type_drain(v->domain, true) == -ERESTART)
        return hypercall_restart(v, 0, MMU_PREEMPTED, 0, (uint32_t)rc, 0);
    return rc;
}

/* ---- update_va_mapping ---- */

/* flags: what to flush, and where: UVMF_LOCAL, UVMF_ALL, or the address of a bitmap of vcpus. */
static __attribute__((noinline)) long va_flush(struct vcpu *v, gva_t va, uint64_t flags)
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

/* It was the last use of the table's type. */
static __attribute__((noinline)) long update_va_end_last(struct vcpu *v, gva_t va, uint64_t flags, struct frame *f)
{
    frame_and_type_put(v->domain, f);
    if (type_drain_needed(v->domain))
        vcpu_set_work(v, WORK_DRAIN);
    return flags ? va_flush(v, va, flags) : 0;
}

static inline __attribute__((always_inline)) long update_va_end(struct vcpu *v, gva_t va, uint64_t flags, struct frame *f)
{
    if (unlikely(!frame_put_both_fast(f)))
        return update_va_end_last(v, va, flags, f);
    if (unlikely(flags != (UVMF_INVLPG | UVMF_LOCAL)))
        return flags ? va_flush(v, va, flags) : 0;
    port_tlb_flush_va_here(va);
    return 0;
}

static inline __attribute__((always_inline)) long update_va(struct vcpu *v, gva_t va, uint64_t val,
                                                            uint64_t flags, struct domain *pg_dom)
{
    struct domain *d = v->domain;
    struct frame *f;
    uint64_t *p;
    int rc;

    if (unlikely(!walk_to_l1(v->cr3_kernel, va, &p, &f)) || unlikely(!frame_get_table(f, d, TYPE_L1)))
        return refuse(d, EINVAL, MMU_VA_UNMAPPED, va, val, flags);
    if (l1_update_fast(p, val, false))
        return update_va_end(v, va, flags, f);
    rc = l1_update_rights(d, pg_dom, p, val, false);
    if (likely(!rc))
        return update_va_end(v, va, flags, f);
    update_va_end(v, va, 0, f);
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
