/* SPDX-License-Identifier: MIT */
/* mmu_update of an L2, L3 or L4 entry so that it names an ordinary, writable page as a table. */
#include "tables.h"

TEST("entry_to_writable_page_refused", "no table entry can point to a page mapped writable")
{
    uint64_t *page = page_alloc();

    for (int level = 2; level <= 4; level++) {
        uint64_t *table = pinned_table(level);

        CHECK_RC(pt_write(entry_of(table, 1), entry_to(page, PROT_TABLE)), -XEN_EINVAL);
        CHECK_EQ(table[1], 0);
        CHECK_NO_FAULT(try_write(page, PATTERN));
    }
}
