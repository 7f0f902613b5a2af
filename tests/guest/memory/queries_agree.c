/* SPDX-License-Identifier: MIT */
/* The numbers a kernel sizes itself by agree with start_info and with each other. */
#include "reserve.h"

TEST("queries_agree", "reservation, maximum gpfn, RAM size and machine-to-phys bounds agree")
{
    domid_t self = DOMID_SELF, own = 0;
    struct xen_machphys_mapping m;
    long ram = hypercall_memory_op(XENMEM_maximum_ram_page, NULL);

    CHECK_EQ(total_pages(), start_info->nr_pages);
    CHECK_EQ(hypercall_memory_op(XENMEM_current_reservation, &own), total_pages());
    /* The hypervisor knows only what the guest says about its PFNs. */
    CHECK_EQ(hypercall_memory_op(XENMEM_maximum_gpfn, &self), 0);
    shared_info->arch.max_pfn = 0x1234;
    CHECK_EQ(hypercall_memory_op(XENMEM_maximum_gpfn, &self), 0x1233);
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mapping, &m), 0);
    CHECK_EQ(m.max_mfn + 1, ram);
    for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn++)
        CHECK(pfn_to_mfn(pfn) < (unsigned long)ram, "mfn %lx", pfn_to_mfn(pfn));
}
