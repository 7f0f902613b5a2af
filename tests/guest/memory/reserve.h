/* SPDX-License-Identifier: MIT */
/* Short forms for tests of memory_op: the reservation calls, and frames to play with. */
#ifndef MEMORY_RESERVE_H
#define MEMORY_RESERVE_H

#include "harness.h"

/* One call of XENMEM_{in,de}crease_reservation or populate_physmap. */
static inline long reserve(unsigned int cmd, unsigned long *list, unsigned long count,
                           unsigned int order, unsigned int mem_flags, domid_t dom)
{
    struct xen_memory_reservation r = {
        .nr_extents = count, .extent_order = order, .mem_flags = mem_flags, .domid = dom};

    set_xen_guest_handle(r.extent_start, list);
    return hypercall_memory_op(cmd, &r);
}

static inline long decrease(unsigned long *mfns, unsigned long count)
{
    return reserve(XENMEM_decrease_reservation, mfns, count, 0, 0, DOMID_SELF);
}

static inline long populate(unsigned long *pfns, unsigned long count)
{
    return reserve(XENMEM_populate_physmap, pfns, count, 0, 0, DOMID_SELF);
}

/* Unmaps a page of the linear map and returns its frame, ready to be given back. */
static inline unsigned long take(void *page)
{
    unsigned long mfn = pfn_to_mfn(va_to_pfn(page));

    MUST(hypercall_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG | UVMF_ALL));
    return mfn;
}

/* Maps a frame at the page's place again and notes it in our list. */
static inline void put(void *page, unsigned long mfn)
{
    set_pfn_to_mfn(va_to_pfn(page), mfn);
    MUST(page_set_rw(page));
}

static inline long total_pages(void)
{
    domid_t self = DOMID_SELF;

    return hypercall_memory_op(XENMEM_current_reservation, &self);
}

#endif
