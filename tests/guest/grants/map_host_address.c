/* SPDX-License-Identifier: MIT */
/*
 * Where a grant is mapped: addresses without tables, of the hypervisor, not canonical; and one in
 * the middle of a page, which means the page. A pass: an error and an entry that is not in use.
 */
#include "self.h"

static void check_refused(grant_ref_t ref, uint64_t address)
{
    int status = map_status(address, OWN_DOMID, ref, GNTMAP_host_map);

    CHECK(status == GNTST_general_error, "at %lx the status is %d", address, status);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);
}

TEST("map_host_address", "a grant is mapped only where the guest has a page table entry of its own")
{
    struct offer o = offer(0x3333, 0);
    char *va = va_alloc(1);
    grant_handle_t handle;

    check_refused(o.ref, 0);
    check_refused(o.ref, 0x7f0000000000);
    check_refused(o.ref, HYPERVISOR_VIRT_START);
    check_refused(o.ref, HYPERVISOR_VIRT_END - PAGE_SIZE);
    check_refused(o.ref, 0xffff820000000000);
    check_refused(o.ref, 0x8000000000000000);

    CHECK_RC(grant_map_at(va + 0x123, OWN_DOMID, o.ref, 0, &handle), GNTST_okay);
    CHECK_EQ(*(uint64_t *)va, 0x3333);
    CHECK_RC(grant_unmap(va + 0x456, handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
