/* SPDX-License-Identifier: MIT */
/* A page table, the GDT and a page of the grant table itself, granted: mapped for reading only. */
#include "self.h"

TEST("page_table_not_granted_writable", "a pinned page table cannot be mapped writable by a grant")
{
    uint64_t *table = pt_page_alloc(), *va = va_alloc(1);
    grant_ref_t ref = grant_alloc();
    grant_handle_t handle;

    REQUIRE(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table)) == 0, "cannot pin a table");
    grant_access(ref, OWN_DOMID, va_to_mfn(table), 0);
    CHECK_RC(map_status((unsigned long)va, OWN_DOMID, ref, GNTMAP_host_map), GNTST_general_error);
    CHECK_RC(map_status(0, OWN_DOMID, ref, GNTMAP_device_map), GNTST_general_error);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);
    handle = map_at(va, ref, GNTMAP_readonly);
    CHECK_EQ(*va, 0);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
}
