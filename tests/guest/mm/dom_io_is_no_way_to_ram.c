/* SPDX-License-Identifier: MIT */
/* DOMID_IO names device memory: RAM, the domain's own as well, is not mapped with it. */
#include "tables.h"

TEST("dom_io_is_no_way_to_ram", "RAM cannot be mapped in the name of DOMID_IO or DOMID_XEN")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1);

    CHECK_RC(map_foreign_page(&kernel_aspace, (unsigned long)va, mfn_of(page), PROT_RW, DOMID_IO),
             -XEN_EBUSY);
    CHECK_RC(map_foreign_page(&kernel_aspace, (unsigned long)va, mfn_of(page), PROT_RO, DOMID_IO),
             -XEN_EBUSY);
    CHECK_RC(map_foreign_page(&kernel_aspace, (unsigned long)va, mfn_of(page), PROT_RO, DOMID_XEN),
             -XEN_EBUSY);
    CHECK_EQ(pte_read(va), 0);
}
