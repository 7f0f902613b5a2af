/* SPDX-License-Identifier: MIT */
/*
 * A pinned table is remapped read-write by mmu_update: refused for every level, nothing changes, a
 * write of a bad entry faults. Unpinned, the same page may be writable again.
 */
#include "tables.h"

TEST("rw_by_mmu_update_refused", "mmu_update makes no pinned table of any level writable")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level), before = pte_read(table);
        uint64_t bad = entry_to(table, PROT_RW);

        CHECK_RC(pt_write(pte_maddr(table), bad), -XEN_EBUSY);
        CHECK_EQ(pte_read(table), before);
        CHECK_FAULT(try_write(table, bad), TRAP_PF);
        CHECK_RC(unpin(table), 0);
        CHECK_RC(pt_write(pte_maddr(table), bad), 0);
        CHECK_RC(tlb_invlpg(table), 0);
        CHECK_NO_FAULT(try_write(table, bad));
    }
}
