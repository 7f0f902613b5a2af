/* SPDX-License-Identifier: MIT */
/* Page-table entries: what each one may say. Shared by core/entry.c and core/pagetype.c. */
#ifndef CORE_ENTRY_H
#define CORE_ENTRY_H

#include "core/frame_ref.h"
#include "core/log_dirty.h"
#include "core/pagetype.h"
#include "lib/errno.h"

#define PTE_KERNEL BIT(52) /* the guest did not set US: its kernel's own mapping */
#define PTE_CACHE (PTE_PWT | PTE_PCD | PTE_PAT)

/* Bits that may change in a present entry without a look at the frame: no right depends on them. */
#define PTE_FREE (PTE_NX | (0x7ffull << 52) | (7ull << 9) | PTE_G | PTE_D | PTE_A | PTE_US)

static inline bool l4_slot_is_hv(unsigned i) { return i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST; }

/*
 * A table of level 2 to 4 may point to itself for reading, so that a guest sees its tables at fixed
 * addresses: that entry holds no reference. LIMIT: another table of the same level is refused.
 */
static inline bool upper_entry_is_self(const struct frame *f, uint64_t e)
{
    return pte_mfn(e).n == frame_mfn(f).n && !(e & PTE_RW);
}

/* What the hardware shall see of a present L1 entry; its cache bits were looked at. */
static inline uint64_t l1e_adjusted(uint64_t e)
{
    if (!(e & PTE_US))
        return e | PTE_US | PTE_KERNEL;
    return e & PTE_KERNEL ? e : e | PTE_G;
}

/* The same frame with the same rights: only flags change, no reference does. False: it is not the same. */
static inline bool entry_change_flags(uint64_t *p, uint64_t val, bool preserve_ad)
{
    uint64_t old = READ_ONCE(*p);

    while (likely(!((old ^ val) & ~PTE_FREE)))
        if (likely(__atomic_compare_exchange_n(p, &old, preserve_ad ? val | (old & (PTE_A | PTE_D)) : val,
                                               false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))) {
            log_dirty_entry_gone(old);
            return true;
        }
    return false;
}

/* A change of an L1 entry that only changes flags. False: go to l1_update_rights(). */
static inline bool l1_update_fast(uint64_t *p, uint64_t val, bool preserve_ad)
{
    return likely((val & (PTE_P | PTE_CACHE)) == PTE_P) &&
           entry_change_flags(p, l1e_adjusted(val), preserve_ad);
}

/* l1e_get() by what is not in the fast way: another type to change, not RAM, not the domain's. */
int l1e_get_slow(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e, bool locked);
bool l1e_cache_bits_allowed(const struct domain *d);

/* l1e_get() including the check of the flags; locked: the caller holds d->mm of pg_dom. */
static inline __attribute__((always_inline)) int l1e_get_checked(struct domain *pt_dom, struct domain *pg_dom,
                                                                 uint64_t *e, bool locked)
{
    mfn_t m = pte_mfn(*e);

    if (unlikely(*e & PTE_CACHE) && !l1e_cache_bits_allowed(pt_dom))
        return refuse(pt_dom, EINVAL, PTE_RESERVED, 0, *e, 0);
    *e = l1e_adjusted(*e);
    if (likely(m.n < max_mfn) && likely(pg_dom == pt_dom) &&
        likely(frame_get_fast(frame_of(m), pg_dom, *e & PTE_RW)))
        return 0;
    return l1e_get_slow(pt_dom, pg_dom, e, locked);
}

/* frames: frame_table, which a loop over many entries loads once. */
static inline void l1e_put_among(struct frame *frames, uint64_t e)
{
    mfn_t m = pte_mfn(e);
    struct frame *f = &frames[m.n];

    if (!(e & PTE_P) || unlikely(m.n >= max_mfn) || unlikely(f->owner == DOMID_IO))
        return;
    log_dirty_entry_gone(e);
    if (e & PTE_RW)
        frame_put_writable(f);
    else
        frame_put_inline(f);
}

static inline void l1e_put_inline(uint64_t e)
{
    l1e_put_among(frame_table, e);
}

/* Exchange an entry, keeping A and D if asked: what was there. */
static inline uint64_t entry_swap(uint64_t *p, uint64_t val, bool preserve_ad)
{
    uint64_t old;

    if (likely(!preserve_ad))
        return __atomic_exchange_n(p, val, __ATOMIC_ACQ_REL);
    old = READ_ONCE(*p);
    while (!__atomic_compare_exchange_n(p, &old, val | (old & (PTE_A | PTE_D)), false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
    return old;
}

/* Any other change of an L1 entry. */
static inline __attribute__((always_inline)) int l1_update_rights(struct domain *pt_dom, struct domain *pg_dom,
                                                                 uint64_t *p, uint64_t val, bool preserve_ad)
{
    int rc;

    if (val & PTE_P) {
        rc = l1e_get_checked(pt_dom, pg_dom, &val, false);
        if (unlikely(rc))
            return rc;
    }
    l1e_put_inline(entry_swap(p, val, preserve_ad));
    return 0;
}

/* The entry for va in the table at machine address `table`. */
static inline uint64_t *walk_entry(uint64_t table, gva_t va, int level)
{
    return (uint64_t *)(directmap + table) + pte_index(va, level);
}

/* The entry, and the frame it names; false: none. */
static inline __attribute__((always_inline)) bool walk_frame(uint64_t e, uint64_t *below, struct frame **f)
{
    uint64_t at = e & PTE_ADDR, n;

    /* Or the compiler masks and shifts e anew for each use, and n twice to multiply it by 24, which takes longer. */
    __asm__("" : "+r"(at));
    n = at >> PAGE_SHIFT;
    __asm__("" : "+r"(n));
    *below = at;
    *f = &frame_table[n];
    return likely(e & PTE_P) && likely(n < max_mfn);
}

/*
 * The place of the L1 entry for va under a loaded L4, and the frame it lies in, which only seems to be an
 * L1: take it as one before the entry is touched. False: va leads nowhere. The tables may change during the
 * walk: what is not a table may not even be memory. But what a loaded L4 names is a table, or was one just
 * now, and stays memory.
 */
static inline __attribute__((always_inline)) bool walk_to_l1(uint64_t l4, gva_t va, uint64_t **entry,
                                                             struct frame **l1)
{
    uint64_t e = READ_ONCE(*walk_entry(l4, va, 4)), table;
    struct frame *l2;

    if (unlikely(va >= BIT(47) && va < HV_VIRT_END)) /* not canonical, or the hypervisor's */
        return false;
    if (unlikely(!(e & PTE_P)))
        return false;
    e = READ_ONCE(*walk_entry(e & PTE_ADDR, va, 3));
    if (unlikely(!walk_frame(e, &table, &l2)) || unlikely((READ_ONCE(l2->type) & TYPE_MASK) != TYPE_L2))
        return false;
    e = READ_ONCE(*walk_entry(table, va, 2));
    if (unlikely(!walk_frame(e, &table, l1)))
        return false;
    *entry = walk_entry(table, va, 1);
    return true;
}

/* entry_of_va() */
static inline __attribute__((always_inline)) uint64_t *entry_of_va_inline(mfn_t l4, gva_t va, mfn_t *l1)
{
    struct frame *f;
    uint64_t *p;

    if (unlikely(!walk_to_l1(l4.n << PAGE_SHIFT, va, &p, &f)) ||
        unlikely((READ_ONCE(f->type) & TYPE_MASK) != TYPE_L1))
        return NULL;
    *l1 = va_frame(p);
    return p;
}

/* Are the flags of a present entry of an L2, L3 or L4 allowed, and is it no linear map? 0, -EINVAL. */
int upper_entry_check(struct domain *d, struct frame *f, uint32_t type, unsigned index, uint64_t e);

#endif
