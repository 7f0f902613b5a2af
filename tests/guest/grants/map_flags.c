/* SPDX-License-Identifier: MIT */
/* A map must say how: for the host, for a device, or both. Other flags are no substitute. */
#include "self.h"

TEST("map_flags", "a map that is neither for the host nor for a device is refused")
{
    struct offer o = offer(0x77, 0);
    unsigned long va = (unsigned long)va_alloc(1);

    CHECK_RC(map_status(va, OWN_DOMID, o.ref, 0), GNTST_bad_gntref);
    CHECK_RC(map_status(va, OWN_DOMID, o.ref, GNTMAP_readonly), GNTST_bad_gntref);
    CHECK_RC(map_status(va, OWN_DOMID, o.ref, GNTMAP_application_map), GNTST_bad_gntref);
    CHECK_RC(map_status(va, OWN_DOMID, o.ref, GNTMAP_contains_pte), GNTST_bad_gntref);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
    /* Bits that mean nothing are not looked at; the guest's own land in the entry. */
    CHECK_RC(map_status(va, OWN_DOMID, o.ref,
                        GNTMAP_host_map | GNTMAP_application_map | (1u << _GNTMAP_guest_avail0) |
                            (1u << 10)),
             GNTST_okay);
    CHECK_EQ(*(uint64_t *)va, 0x77);
    CHECK_EQ(pte_read((void *)va) & PTE_AVAIL, 0x200);
}
