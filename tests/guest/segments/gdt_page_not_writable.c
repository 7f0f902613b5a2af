/* SPDX-License-Identifier: MIT */
/*
 * A frame cannot be a GDT while it is mapped writable, nor be mapped writable while it is a GDT;
 * writing through the read-only mapping faults. After another set_gdt it is an ordinary page.
 * [SEG-3] */
#include "gdt.h"

TEST("gdt_page_not_writable", "a page is either a GDT or writable")
{
    uint64_t *page = page_alloc();
    struct fault f;

    CHECK_RC(set_gdt_page(page, GDT_PAGE_ENTRIES), -XEN_EINVAL);
    CHECK_RC(page_set_ro(page), 0);
    CHECK_RC(set_gdt_page(page, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(page_set_rw(page), -XEN_EBUSY);
    f = try_write(&page[1], DESC_DATA);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
    CHECK_EQ(get_desc(&page[1]), 0);

    /* The same one again is no obstacle; an empty one lets go of it. */
    CHECK_RC(set_gdt_page(page, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(page_set_rw(page), -XEN_EBUSY);
    CHECK_RC(hypercall_set_gdt(NULL, 0), 0);
    CHECK_RC(page_set_rw(page), 0);
    f = try_write(&page[1], 0x1234);
    CHECK_NO_FAULT(f);
}
