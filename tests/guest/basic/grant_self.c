/* SPDX-License-Identifier: MIT */
/*
 * A domain grants a page to itself, maps it, sees its own writes, and ends the grant. Maps name the
 * granting domain by its real number, which the first domain knows to be 0.
 */
#include "harness.h"

#define OWN_DOMID 0

TEST("grant_to_self_maps", "a granted page can be mapped, is in use while mapped, and ends after")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), value;
    grant_handle_t handle;
    grant_ref_t ref;

    *page = 0x1234;
    CHECK_RC(grants_init(1), 0);
    ref = grant_page(OWN_DOMID, page, 0);
    CHECK_RC(grant_map_at(va, DOMID_SELF, ref, 0, &handle), GNTST_bad_domain);
    CHECK_RC(grant_map_at(va, OWN_DOMID, ref, 0, &handle), GNTST_okay);
    CHECK_EQ(*va, 0x1234);
    *va = 0x5678;
    CHECK_EQ(*(volatile uint64_t *)page, 0x5678);
    CHECK(!grant_end(ref), "the grant ended while it was mapped");
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK(grant_end(ref), "the grant is in use after the unmap: flags %x", grant_table[ref].flags);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
}
