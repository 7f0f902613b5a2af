/* SPDX-License-Identifier: MIT */
/* Page-table entries: what each one may say. Shared by core/entry.c and core/pagetype.c. */
#ifndef CORE_ENTRY_H
#define CORE_ENTRY_H

#include "core/pagetype.h"

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

/* l1e_get() including the check of the flags; locked: the caller holds d->mm of pg_dom. */
int l1e_get_checked(struct domain *pt_dom, struct domain *pg_dom, uint64_t *e, bool locked);

/* Are the flags of a present entry of an L2, L3 or L4 allowed, and is it no linear map? 0, -EINVAL. */
int upper_entry_check(struct domain *d, struct frame *f, uint32_t type, unsigned index, uint64_t e);

#endif
