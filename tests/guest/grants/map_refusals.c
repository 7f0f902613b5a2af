/* SPDX-License-Identifier: MIT */
/*
 * Maps of what was not granted: an empty entry, one for another domain, one for a transfer, a
 * reference beyond the table, a domain that does not exist, a frame that does not. A pass: the
 * status that says so, and no bit of the entry changed.
 */
#include "self.h"

TEST("map_refusals", "only what was granted to this domain is mapped")
{
    struct offer o = offer(0, 0);
    unsigned long va = (unsigned long)va_alloc(1);
    grant_ref_t ref = grant_alloc();

    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);
    CHECK_EQ(entry_flags(ref), 0);
    CHECK_RC(map_status(va, NO_DOMID, o.ref, GNTMAP_host_map), GNTST_bad_domain);
    CHECK_RC(map_status(va, DOMID_SELF, o.ref, GNTMAP_host_map), GNTST_bad_domain);
    CHECK_RC(map_status(va, DOMID_XEN, o.ref, GNTMAP_host_map), GNTST_bad_domain);
    CHECK_RC(map_status(va, OWN_DOMID, 1u << 20, GNTMAP_host_map), GNTST_bad_gntref);
    CHECK_RC(map_status(va, OWN_DOMID, ~0u, GNTMAP_host_map), GNTST_bad_gntref);

    grant_access(ref, NO_DOMID, va_to_mfn(o.page), 0);
    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);
    grant_access(ref, DOMID_SELF, va_to_mfn(o.page), 0);
    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);

    grant_access(ref, OWN_DOMID, va_to_mfn(o.page), 0);
    grant_table[ref].flags = GTF_accept_transfer;
    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);
    CHECK_EQ(entry_flags(ref), GTF_accept_transfer);
    grant_table[ref].flags = GTF_transitive;
    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);

    grant_access(ref, OWN_DOMID, 0xfffffff0, 0);
    CHECK_RC(map_status(va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_bad_page);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
