/* SPDX-License-Identifier: MIT */
/*
 * Where update_descriptor writes: any page of the guest that is a GDT or an ordinary one; not into
 * page tables, nobody's and the hypervisor's memory, nor at an address off the entries.
 */
#include "gdt.h"

TEST("update_descriptor_checks_address",
     "update_descriptor writes only to pages of the guest's own")
{
    uint64_t *page = page_alloc(), *table = gdt_page(), *l1 = pt_page_alloc();

    CHECK_RC(set_desc(&page[3], DESC_DATA), 0);
    CHECK_EQ(get_desc(&page[3]), DESC_DATA);
    CHECK_RC(set_gdt_page(table, 16), 0);
    CHECK_RC(set_desc(&table[3], DESC_DATA), 0);
    CHECK_EQ(get_desc(&table[3]), DESC_DATA);

    for (unsigned int off = 1; off < 8; off++)
        CHECK_RC(hypercall_update_descriptor(va_to_maddr(page) + off, DESC_DATA), -XEN_EINVAL);
    CHECK_EQ(page[0] | page[1], 0);

    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(l1)), 0);
    CHECK_RC(set_desc(l1, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(kernel_aspace.l4_mfn << PAGE_SHIFT, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(0, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(0xfee00000, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(~7ul, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_update_descriptor(1ul << 51, 0), -XEN_EINVAL);
}
