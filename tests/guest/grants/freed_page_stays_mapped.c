/* SPDX-License-Identifier: MIT */
/*
 * The granter gives back a page that is still mapped by its grant: the frame must not go to anybody
 * else before the unmap.
 */
#include "self.h"

static long decrease(unsigned long mfn)
{
    static xen_pfn_t frame;
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    frame = mfn;
    set_xen_guest_handle(r.extent_start, &frame);
    return hypercall_memory_op(XENMEM_decrease_reservation, &r);
}

TEST("freed_page_stays_mapped", "a page given back while a grant maps it is kept until the unmap")
{
    struct offer o = offer(0x77, 0);
    unsigned long mfn = va_to_mfn(o.page);
    uint64_t *va = va_alloc(1);
    grant_handle_t handle = map_at(va, o.ref, 0);

    CHECK_RC(unmap_page(&kernel_aspace, (unsigned long)o.page), 0);
    CHECK_RC(decrease(mfn), 1);
    CHECK_EQ(*va, 0x77);
    *va = 0x78;
    CHECK_EQ(*(volatile uint64_t *)va, 0x78);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_RC(map_status((unsigned long)va, OWN_DOMID, o.ref, GNTMAP_host_map), GNTST_bad_page);
}
