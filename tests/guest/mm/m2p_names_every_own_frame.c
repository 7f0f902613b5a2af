/* SPDX-License-Identifier: MIT */
/* For every PFN of the domain, tables and boot structures included, the list names it back. */
#include "tables.h"

TEST("m2p_names_every_own_frame", "machine-to-phys is right for each frame of the domain")
{
    struct xen_machphys_mapping m;

    MUST(hypercall_memory_op(XENMEM_machphys_mapping, &m));
    CHECK_EQ(m.v_start, __MACH2PHYS_VIRT_START);
    for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn++) {
        unsigned long mfn = pfn_to_mfn(pfn), back = 0;

        CHECK(mfn <= m.max_mfn, "mfn %lx of pfn %lx is beyond %lx", mfn, pfn, m.max_mfn);
        CHECK_NO_FAULT(try_read((void *)m2p_slot(mfn), &back));
        CHECK(back == pfn, "mfn %lx says pfn %lx, not %lx", mfn, back, pfn);
    }
}
