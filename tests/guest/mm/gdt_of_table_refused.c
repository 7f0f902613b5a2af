/* SPDX-License-Identifier: MIT */
/* The other way round: a page table, or a page that is mapped writable, becomes no GDT. [SEG-3] */
#include "tables.h"

TEST("gdt_of_table_refused", "set_gdt refuses page tables and writable pages")
{
    unsigned long frame;

    for (int level = 1; level <= 4; level++) {
        frame = mfn_of(pinned_table(level));
        CHECK_RC(hypercall_set_gdt(&frame, 8), -XEN_EINVAL);
    }
    frame = mfn_of(page_alloc());
    CHECK_RC(hypercall_set_gdt(&frame, 8), -XEN_EINVAL);
    frame = nobodys_frame();
    CHECK_RC(hypercall_set_gdt(&frame, 8), -XEN_EINVAL);
    frame = 0xb8;
    CHECK_RC(hypercall_set_gdt(&frame, 8), -XEN_EINVAL);
}
