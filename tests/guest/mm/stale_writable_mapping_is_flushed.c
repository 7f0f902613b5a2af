/* SPDX-License-Identifier: MIT */
/*
 * A page is written (so the TLB holds a writable entry), made read-only without asking for a flush,
 * and pinned. A write through the old TLB entry would change a table unchecked: it must fault.
 * [TYP-6] */
#include "tables.h"

TEST("stale_writable_mapping_is_flushed",
     "no writable TLB entry survives a page's becoming a table")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = page_alloc(), bad = entry_to(table, PROT_RW);
        uint64_t *alias = map_frames(mfn_of(table), 1, PROT_RW);

        CHECK_NO_FAULT(try_write(table, 0));
        CHECK_NO_FAULT(try_write(alias, 0));
        MUST(pt_write(pte_maddr(table), entry_to(table, PROT_RO)));
        MUST(pt_write(pte_maddr(alias), entry_to(table, PROT_RO)));
        CHECK_RC(pin(table, level), 0);
        CHECK_FAULT(try_write(table, bad), TRAP_PF);
        CHECK_FAULT(try_write(alias, bad), TRAP_PF);
        CHECK_EQ(table[0], 0);
    }
}
