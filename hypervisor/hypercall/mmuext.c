/* SPDX-License-Identifier: MIT */
/* mmuext_op(ops, count, pdone, domain): pins, base pointers, flushes, descriptor table, whole pages. */
#include "core/emul_port.h"
#include "core/entry.h"
#include "core/log_dirty.h"
#include "core/pte.h"
#include "core/segdesc.h"
#include "hypercall/mmu.h"
#include "lib/string.h"

#define COPY_AT_ONCE 4u

/* Frame m becomes the root of v's kernel or user address space; the old root's references go. */
static inline __attribute__((always_inline)) int set_base(struct vcpu *v, uint64_t m, bool user)
{
    uint64_t *cr3 = user ? &v->cr3_user : &v->cr3_kernel;
    uint64_t old = *cr3 >> PAGE_SHIFT;
    struct domain *d = v->domain;
    int rc;

    if (likely(m != old) && likely(m || !user)) {
        rc = likely(m < max_mfn) && likely(frame_get_table(frame_of(MFN(m)), d, TYPE_L4))
                 ? 0 : frame_and_type_get(d, MFN(m), TYPE_L4, true);
        if (unlikely(rc))
            return rc;
    }
    *cr3 = m << PAGE_SHIFT;
    if (m)
        l4_show_m2p(MFN(m), !user);
    if (!user)
        port_load_cr3(v);
    if (old && m != old && unlikely(!frame_put_both_fast(frame_of(MFN(old)))))
        frame_and_type_put(d, frame_of(MFN(old)));
    return 0;
}

static int clear_page(struct domain *d, mfn_t m)
{
    if (frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return -EINVAL;
    port_clear_pages(frame_va(m), 1);
    log_dirty_wrote(m);
    frame_and_type_put(d, frame_of(m));
    return 0;
}

static int copy_page(struct domain *d, mfn_t dst, mfn_t src)
{
    if (!mfn_valid(src) || !frame_get(frame_of(src), d))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, src.n, d->id, 0);
    if (frame_and_type_get(d, dst, TYPE_WRITABLE, false)) {
        frame_put_inline(frame_of(src));
        return -EINVAL;
    }
    memcpy(frame_va(dst), frame_va(src), PAGE_SIZE);
    log_dirty_wrote(dst);
    frame_and_type_put(d, frame_of(dst));
    frame_put_inline(frame_of(src));
    return 0;
}

static inline int flush_page(cpumask_t cpus, const struct mmuext_op *op)
{
    if (likely(va_is_guest(op->arg1.linear_addr, 1)))
        port_tlb_flush_va(cpus, op->arg1.linear_addr);
    return 0;
}

static inline int flush_here(const struct mmuext_op *op)
{
    if (likely(va_is_guest(op->arg1.linear_addr, 1)))
        port_tlb_flush_va_here(op->arg1.linear_addr);
    return 0;
}

/* One page, or everything, on the CPUs of some vcpus. */
static int flush_multi(struct vcpu *v, unsigned cmd, const struct mmuext_op *op)
{
    cpumask_t cpus;

    if (mmu_vcpu_mask(v, door_handle(op->arg2.vcpumask), &cpus))
        return -EINVAL;
    if (cmd == MMUEXT_INVLPG_MULTI)
        return flush_page(cpus, op);
    port_tlb_flush(cpus);
    return 0;
}

/* LIMIT: the caches of this CPU only are flushed, also for FLUSH_CACHE_GLOBAL. */
static int flush_cache(struct vcpu *v, unsigned cmd)
{
    struct domain *d = v->domain;

    if (!d->privileged && !(d->iomem && d->iomem->count) && !(d->ioports && d->ioports->count))
        return refuse(d, EACCES, NOT_PRIVILEGED, cmd, 0, 0);
    port_wbinvd();
    return 0;
}

#define OWN_ONLY(call) (unlikely(d != v->domain) ? refuse(v->domain, EPERM, NOT_PRIVILEGED, d->id, cmd, 0) : (call))

static inline __attribute__((always_inline)) int op_one(struct vcpu *v, struct domain *d,
                                                        const struct mmuext_op *op)
{
    unsigned cmd = op->cmd;

    v->hc_sub = cmd;
    switch (cmd) {
    case MMUEXT_NEW_BASEPTR: return OWN_ONLY(set_base(v, op->arg1.mfn, false));
    case MMUEXT_NEW_USER_BASEPTR: return OWN_ONLY(set_base(v, op->arg1.mfn, true));
    case MMUEXT_TLB_FLUSH_LOCAL: return OWN_ONLY((port_tlb_flush(BIT(port_cpu())), 0));
    case MMUEXT_TLB_FLUSH_ALL: return OWN_ONLY((port_tlb_flush(READ_ONCE(d->dirty_cpus)), 0));
    case MMUEXT_INVLPG_LOCAL: return OWN_ONLY(flush_here(op));
    case MMUEXT_INVLPG_ALL: return OWN_ONLY(flush_page(READ_ONCE(d->dirty_cpus), op));
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI: return OWN_ONLY(flush_multi(v, cmd, op));
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL: return OWN_ONLY(flush_cache(v, cmd));
    case MMUEXT_SET_LDT: return OWN_ONLY(ldt_set(v, op->arg1.linear_addr, op->arg2.nr_ents));
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return table_pin(d, MFN(op->arg1.mfn), TYPE_L1 * (cmd - MMUEXT_PIN_L1_TABLE + 1));
    case MMUEXT_UNPIN_TABLE: return table_unpin(d, MFN(op->arg1.mfn));
    case MMUEXT_CLEAR_PAGE: return clear_page(d, MFN(op->arg1.mfn));
    case MMUEXT_COPY_PAGE: return copy_page(d, MFN(op->arg1.mfn), MFN(op->arg2.src_mfn));
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER: return refuse(v->domain, EOPNOTSUPP, UNKNOWN_SUBOP, cmd, 0, 0);
    default: return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}

static long op_all(struct vcpu *v, struct domain *d, struct mmu_batch *b)
{
    struct mmuext_op op[COPY_AT_ONCE];
    long rc;

    while (b->done < b->count) {
        uint32_t n = min(b->count - b->done, COPY_AT_ONCE), got;
        size_t left = port_copy_from_guest(op, b->list, n * sizeof(*op));

        got = n - (uint32_t)DIV_ROUND_UP(left, sizeof(*op));
        for (uint32_t i = 0; i < got; i++) {
            /* What an unpin or a base pointer left must not pile up behind a long list. */
            if (unlikely(b->done && (type_drain_needed(v->domain) || type_drain_needed(d))) &&
                (type_drain(v->domain, true) || type_drain(d, true) || port_preempt_pending()))
                return -ERESTART;
            rc = op_one(v, d, &op[i]);
            if (unlikely(rc))
                return rc;
            b->done++;
            b->list += sizeof(*op);
        }
        if (unlikely(got < n))
            return refuse(v->domain, EFAULT, BAD_POINTER, b->list, sizeof(*op), 0);
        if (b->done < b->count && port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}

static __attribute__((noinline)) long op_batch(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3,
                                               uint64_t a4)
{
    struct mmu_batch b;
    struct domain *d;
    long rc = 0;

    if (unlikely(!mmu_batch_begin(v, &b, a1, a2, a3, a4, &rc)))
        return rc;
    d = mmu_frame_owner(v, (domid_t)b.arg4);
    if (unlikely(!d))
        return -ESRCH;
    rc = mmu_may_touch(v, d);
    if (likely(!rc)) {
        rc = op_all(v, d, &b);
        rc = mmu_batch_end(v, &b, d, rc);
    }
    mmu_frame_owner_put(v, d);
    return rc;
}

long hc_mmuext_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct mmu_batch b;
    struct mmuext_op op;
    long rc;

    (void)a5;
    if (unlikely((uint32_t)a2 != 1) || unlikely((uint32_t)a4 != DOMID_SELF) || unlikely(a3))
        return op_batch(v, a1, a2, a3, a4);
    /* One operation on the caller itself: the most frequent call. */
    if (unlikely(port_copy_from_guest(&op, a1, sizeof(op))))
        return refuse(v->domain, EFAULT, BAD_POINTER, a1, sizeof(op), 0);
    rc = op_one(v, v->domain, &op);
    if (likely(rc != -ERESTART) && likely(!type_drain_needed(v->domain)))
        return rc;
    b = (struct mmu_batch){ .list = a1, .count = 1, .done = rc != -ERESTART, .arg4 = DOMID_SELF };
    return mmu_batch_end(v, &b, v->domain, rc);
}
