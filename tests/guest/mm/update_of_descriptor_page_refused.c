/* SPDX-License-Identifier: MIT */
/* A frame in use as GDT is neither a table nor writable: no route of page tables changes it. */
#include "tables.h"

TEST("update_of_descriptor_page_refused",
     "a GDT frame cannot be mapped writable, pinned or updated")
{
    uint64_t *gdt = pt_page_alloc();
    unsigned long frames[1] = {mfn_of(gdt)};

    CHECK_RC(hypercall_set_gdt(frames, 512), 0);
    CHECK_RC(remap(gdt, entry_to(gdt, PROT_RW)), -XEN_EBUSY);
    for (int level = 1; level <= 4; level++)
        CHECK_RC(pin(gdt, level), -XEN_EINVAL);
    CHECK_RC(pt_write(entry_of(gdt, 3), PATTERN), -XEN_EINVAL);
    CHECK_EQ(gdt[3], 0);
    CHECK_RC(mmuext(MMUEXT_CLEAR_PAGE, frames[0]), -XEN_EINVAL);
    CHECK_FAULT(try_write(gdt, 0), TRAP_PF);
    CHECK_RC(hypercall_set_gdt(NULL, 0), 0);
    CHECK_RC(remap(gdt, entry_to(gdt, PROT_RW)), 0);
}
