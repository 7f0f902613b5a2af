/* SPDX-License-Identifier: MIT */
/*
 * GNTMAP_contains_pte: the place is the machine address of a page table entry. Addresses that are
 * not aligned, not in a table, not in memory are refused.
 */
#include "self.h"

#define BY_PTE (GNTMAP_host_map | GNTMAP_contains_pte)

TEST("map_by_pte_address", "a grant can be mapped by the machine address of an L1 entry, only")
{
    struct offer o = offer(0x8888, 0);
    uint64_t *va = va_alloc(1), pte = pte_maddr(va), value;
    struct gnttab_map_grant_ref map = {
        .host_addr = pte, .flags = BY_PTE, .ref = o.ref, .dom = OWN_DOMID};
    struct gnttab_unmap_grant_ref unmap = {.host_addr = pte};

    CHECK_RC(map_status(pte + 4, OWN_DOMID, o.ref, BY_PTE), GNTST_general_error);
    CHECK_RC(map_status(va_to_maddr(o.page), OWN_DOMID, o.ref, BY_PTE), GNTST_general_error);
    CHECK_RC(map_status(kernel_aspace.l4_mfn << PAGE_SHIFT, OWN_DOMID, o.ref, BY_PTE),
             GNTST_general_error);
    CHECK_RC(map_status(1ul << 45, OWN_DOMID, o.ref, BY_PTE), GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);

    CHECK_RC(grant_map(&map), GNTST_okay);
    CHECK_EQ(*va, 0x8888);
    CHECK_RC(grant_unmap(va, map.handle), GNTST_general_error);
    unmap.handle = map.handle;
    MUST(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1));
    CHECK_RC(unmap.status, GNTST_okay);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
