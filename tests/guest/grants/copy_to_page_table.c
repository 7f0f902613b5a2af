/* SPDX-License-Identifier: MIT */
/* The guest's page tables, GDT and the hypervisor's frames must not be written through a copy. */
#include "copy.h"

TEST("copy_to_page_table", "a grant copy cannot write a page table, but can read one")
{
    struct offer o = offer(0, 0);
    struct gnttab_copy_ptr table = {.u.gmfn = kernel_aspace.l4_mfn, .domid = DOMID_SELF};
    grant_ref_t ref = grant_alloc();

    CHECK_RC(copy(by_page(o.page, 0), table, 8, 0), GNTST_general_error);
    grant_access(ref, OWN_DOMID, kernel_aspace.l4_mfn, 0);
    CHECK_RC(copy(by_page(o.page, 0), by_ref(ref, 0), 8, TO_REF), GNTST_general_error);
    CHECK_EQ(entry_flags(ref), GTF_permit_access);

    table.offset = 511 * 8;
    CHECK_RC(copy(table, by_page(o.page, 0), 8, 0), GNTST_okay);
    CHECK_EQ(*o.page, pt_read((kernel_aspace.l4_mfn << PAGE_SHIFT) + 511 * 8));
}
