/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries: what they may map, the references they stand for, and changing them.
 *
 * An entry is exchanged atomically: the references of the new value are taken before, those of the
 * value that was found are dropped after. So two CPUs may change one entry at once and neither
 * loses a reference, without a lock on the table.
 *
 * US is always set, since guest kernels run in ring 3. As Xen does, a kernel's entry is marked with an available bit
 * and a user's with G, which the guest sees when it reads the entry back; CR4.PGE stays clear, so
 * that G means nothing to the CPU and a CR3 load flushes all that guests map.
 *
 * LIMIT: a cache attribute in a mapping of RAM is allowed to domains with devices, but the
 * hypervisor's own mapping of the frame stays write-back.
 */
#include "core/entry.h"
#include "core/frame_ref.h"
#include "core/log.h"
#include "core/mmio.h"
#include "core/vcpu.h"
#include "lib/errno.h"

/* The frame number Xen's tools use for "none": asking for it is a mistake, not an attack. */
#define IO_MFN_NONE ((1ull << 40) - 1)

bool l1e_cache_bits_allowed(const struct domain *d)
{
    return d->privileged || (d->iomem && d->iomem->count) || (d->ioports && d->ioports->count);
}

static bool io_allowed(const struct domain *d, uint64_t mfn)
{
    return d->iomem && rangeset_contains(d->iomem, mfn, mfn);
}

/* Frames that are not RAM: no reference, but a right; and never a cached mapping of a device. */
static int l1e_get_io(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e)
{
    uint64_t mfn = pte_mfn(*e).n;

    if (pg_dom == dom_io)
        pg_dom = port_current() ? port_current()->domain : pt_dom;
    if (!io_allowed(pg_dom, mfn) || (pg_dom != pt_dom && !io_allowed(pt_dom, mfn)))
        return refuse(pt_dom, mfn == IO_MFN_NONE ? EINVAL : EPERM, PTE_IO_DENIED, mfn, *e, pg_dom->id);
    if ((*e & PTE_RW) && mmio_is_readonly(mfn))
        *e &= ~PTE_RW;
    switch (*e & PTE_CACHE) {
    case 0:
        *e |= PTE_PWT | PTE_PCD;
        break;
    case PTE_PWT:
        *e |= PTE_PCD;
        break;
    case PTE_PWT | PTE_PAT:
        *e = (*e | PTE_PCD) & ~PTE_PAT;
        break;
    default: break;
    }
    return 0;
}

/* The long way: all that frame_get_fast() did not grant. */
int l1e_get_slow(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e, bool locked)
{
    mfn_t m = pte_mfn(*e);
    struct frame *f = frame_of(m);

    if (!mfn_valid(m) || f->owner == DOMID_IO)
        return l1e_get_io(pt_dom, pg_dom, e);
    if ((*e & PTE_RW) && pg_dom == pt_dom && frame_get_first(f, pg_dom))
        return 0;
    /* Who may touch the named domain's frames may map those that domain may touch, as with Xen. */
    if (f->owner != pg_dom->id && pg_dom != pt_dom && pg_dom->privileged) {
        struct domain *owner = domain_find(f->owner);
        int rc;

        if (!owner)
            return refuse(pt_dom, EBUSY, FRAME_NOT_OWNED, m.n, pg_dom->id, f->owner);
        if (owner != pt_dom)
            rc = l1e_get_slow(pt_dom, owner, e, locked);
        else
            rc = frame_get_fast(f, owner, *e & PTE_RW)
                     ? 0 : refuse(pt_dom, EBUSY, FRAME_NOT_OWNED, m.n, pg_dom->id, f->owner);
        domain_put(owner);
        return rc;
    }
    if (!frame_get(f, pg_dom))
        return refuse(pt_dom, EBUSY, FRAME_NOT_OWNED, m.n, pg_dom->id, f->owner);
    if (!(*e & PTE_RW))
        return 0;
    if ((locked ? type_get_under_lock(pg_dom, f, TYPE_WRITABLE)
                : type_get(pg_dom, f, TYPE_WRITABLE, false)) == 0) {
        if (pg_dom != pt_dom)
            frame_mark_shared(f);
        return 0;
    }
    frame_put_inline(f);
    return -EBUSY; /* recorded by type_get */
}

int l1e_get(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e)
{
    if (!(*e & PTE_P))
        return refuse(pt_dom, EINVAL, PTE_RESERVED, 0, *e, 0);
    return l1e_get_checked(pt_dom, pg_dom, e, false);
}

void l1e_put(struct domain *pt_dom, uint64_t e)
{
    (void)pt_dom;
    l1e_put_inline(e);
}

int upper_entry_check(struct domain *d, struct frame *f, uint32_t type, unsigned index, uint64_t e)
{
    mfn_t m = pte_mfn(e);

    if (unlikely(e & PTE_PS))
        return refuse(d, EINVAL, PTE_SUPERPAGE, frame_mfn(f).n, e, index);
    if (unlikely(e & (PTE_PWT | PTE_PCD | PTE_G)))
        return refuse(d, EINVAL, PTE_RESERVED, frame_mfn(f).n, e, index);
    if (upper_entry_is_self(f, e))
        return 0;
    if (unlikely(mfn_valid(m) && (READ_ONCE(frame_of(m)->type) & TYPE_COUNT_MASK) &&
                 (READ_ONCE(frame_of(m)->type) & TYPE_MASK) == type))
        return refuse(d, EINVAL, PTE_LINEAR, frame_mfn(f).n, e, index);
    return 0;
}

static int upper_update(struct domain *d, struct frame *f, uint32_t type, unsigned index, uint64_t *p,
                        uint64_t val, bool preserve_ad)
{
    uint64_t old;
    int rc;

    if (type == TYPE_L4 && l4_slot_is_hv(index))
        return refuse(d, EINVAL, PTE_HV_SLOT, frame_mfn(f).n, val, index);
    if (val & PTE_P) {
        rc = upper_entry_check(d, f, type, index, val);
        if (rc)
            return rc;
        val |= PTE_US;
        if (entry_change_flags(p, val, preserve_ad))
            return 0;
        rc = upper_entry_is_self(f, val)
                 ? 0 : frame_and_type_get(d, pte_mfn(val), type - TYPE_L1, true);
        if (rc)
            return rc;
    }
    old = entry_swap(p, val, preserve_ad);
    if ((old & PTE_P) && !upper_entry_is_self(f, old))
        frame_and_type_put(d, frame_of(pte_mfn(old)));
    return 0;
}

int entry_update(struct vcpu *v, struct domain *pt_dom, struct domain *pg_dom, struct frame *f,
                 unsigned index, uint64_t val, bool preserve_ad)
{
    uint64_t *p = (uint64_t *)frame_va(frame_mfn(f)) + index;
    uint32_t type = f->type & TYPE_MASK;

    (void)v;
    if (likely(type == TYPE_L1))
        return l1_update_fast(p, val, preserve_ad)
                   ? 0 : l1_update_rights(pt_dom, pg_dom, p, val, preserve_ad);
    if (unlikely(pg_dom != pt_dom))
        return refuse(pt_dom, EINVAL, TABLE_FOREIGN, frame_mfn(f).n, val, pg_dom->id);
    return upper_update(pt_dom, f, type, index, p, val, preserve_ad);
}

int entry_cmpxchg_l1(struct vcpu *v, struct domain *pt_dom, struct frame *f, unsigned index,
                     uint64_t expected, uint64_t val, uint64_t *seen)
{
    uint64_t *p = (uint64_t *)frame_va(frame_mfn(f)) + index;
    bool same = false;
    int rc;

    (void)v;
    *seen = READ_ONCE(*p);
    if (*seen != expected)
        return -EAGAIN;
    if (val & PTE_P) {
        val = l1e_adjusted(val);
        same = !((expected ^ val) & ~PTE_FREE);
        rc = same ? 0 : l1e_get_checked(pt_dom, pt_dom, &val, false);
        if (rc)
            return rc;
    }
    if (!__atomic_compare_exchange_n(p, seen, val, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        if (!same)
            l1e_put_inline(val);
        return -EAGAIN;
    }
    if (!same)
        l1e_put_inline(expected);
    else
        log_dirty_entry_gone(expected);
    return 0;
}

uint64_t *entry_of_va(mfn_t l4, gva_t va, mfn_t *l1)
{
    return entry_of_va_inline(l4, va, l1);
}
