/* SPDX-License-Identifier: MIT */
/*
 * The first domain may map the frames of the machine-to-phys list, which XENMEM_machphys_mfn_list
 * names, as DOMID_XEN's: read-only.
 */
#include "tables.h"

TEST("dom_xen_maps_m2p_read_only", "frames of machine-to-phys map as DOMID_XEN, never writable")
{
    static unsigned long frames[8];
    struct xen_machphys_mfn_list list = {.max_extents = 8};
    uint64_t *va = va_alloc(1), value = 0;
    unsigned long va_ul = (unsigned long)va;

    set_xen_guest_handle(list.extent_start, frames);
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    CHECK(list.nr_extents >= 1, "no frames");
    CHECK_RC(map_page(&kernel_aspace, va_ul, frames[0], PROT_RO), -XEN_EBUSY);
    CHECK_RC(map_foreign_page(&kernel_aspace, va_ul, frames[0], PROT_RW, DOMID_XEN), -XEN_EBUSY);
    CHECK_RC(map_foreign_page(&kernel_aspace, va_ul, frames[0], PROT_RO, DOMID_XEN), 0);
    CHECK_NO_FAULT(try_read(va + 5, &value));
    CHECK_EQ(value, *m2p_slot(5));
    CHECK_FAULT(try_write(va + 5, 0), TRAP_PF);
}
