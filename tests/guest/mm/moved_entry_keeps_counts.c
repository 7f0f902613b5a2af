/* SPDX-License-Identifier: MIT */
/* Replacing entries, by the same one, with other flags, by another page: no reference is lost. */
#include "tables.h"

TEST("moved_entry_keeps_counts", "entries rewritten a thousand times leave exact counts")
{
    uint64_t *a = page_alloc(), *b = page_alloc(), *l1 = pinned_table(1);

    for (unsigned int i = 0; i < 1000; i++) {
        CHECK_RC(pt_write(entry_of(l1, 0), entry_to(i & 1 ? a : b, PROT_RW)), 0);
        CHECK_RC(pt_write(entry_of(l1, 0), entry_to(i & 1 ? a : b, PROT_RW)), 0);
        CHECK_RC(pt_write(entry_of(l1, 0), entry_to(i & 1 ? a : b, PROT_RO | PTE_NX)), 0);
        CHECK_RC(pt_write(entry_of(l1, 0), entry_to(i & 1 ? a : b, PTE_P | PTE_RW)), 0);
    }
    CHECK_RC(pt_write(entry_of(l1, 0), 0), 0);
    MUST(page_set_ro(a));
    MUST(page_set_ro(b));
    CHECK_RC(pin(a, 1), 0);
    CHECK_RC(pin(b, 4), 0);
}
