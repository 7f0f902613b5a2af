/* SPDX-License-Identifier: MIT */
/*
 * What was written into a page before it became a table is looked at when it becomes one: a table
 * of level 2 to 4 that points to a writable page, to itself as if it were lower, to a frame of
 * nobody, or with a large-page bit is refused, and leaves nothing behind.
 */
#include "tables.h"

TEST("pin_validates_entries", "pinning refuses tables with entries that are not allowed")
{
    uint64_t *writable = page_alloc();
    unsigned long nobodys = nobodys_frame();

    for (int level = 2; level <= 4; level++) {
        uint64_t *good = page_with(0, 0);
        uint64_t *a = page_with(511, entry_to(writable, PROT_TABLE));
        uint64_t *b = page_with(0, pte_make(nobodys, PROT_TABLE));
        uint64_t *c = page_with(0, entry_to(good, PROT_TABLE | PTE_PSE));
        uint64_t *d = page_with(0, pte_make(0xb8, PROT_TABLE));

        CHECK_RC(pin(a, level), -XEN_EINVAL);
        CHECK_RC(pin(b, level), -XEN_EINVAL);
        CHECK_RC(pin(c, level), -XEN_EINVAL);
        CHECK_RC(pin(d, level), -XEN_EINVAL);
        CHECK_RC(page_set_rw(good), 0);
        CHECK_RC(page_set_rw(a), 0);
    }
    CHECK_NO_FAULT(try_write(writable, PATTERN));
}
