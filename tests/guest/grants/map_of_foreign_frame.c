/* SPDX-License-Identifier: MIT */
/*
 * A domain grants frames that are not its own: the hypervisor's (the M2P table's), and none.
 * Mapping them through the grant must not give access.
 */
#include "self.h"

static unsigned long hypervisor_frame(void)
{
    struct xen_machphys_mfn_list list = {.max_extents = 1};
    static xen_pfn_t mfn;

    set_xen_guest_handle(list.extent_start, &mfn);
    MUST(hypercall_memory_op(XENMEM_machphys_mfn_list, &list));
    return mfn;
}

TEST("map_of_foreign_frame", "a grant of a frame that the granter does not own gives no access")
{
    unsigned long va = (unsigned long)va_alloc(1);
    uint64_t value;
    grant_ref_t ref;

    ref = grant_alloc();
    grant_access(ref, OWN_DOMID, hypervisor_frame(), 0);
    CHECK(map_status(va, OWN_DOMID, ref, GNTMAP_host_map) < 0, "the M2P table was mapped writable");
    CHECK_FAULT(try_read((void *)va, &value), TRAP_PF);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);
}
