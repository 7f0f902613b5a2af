/* SPDX-License-Identifier: MIT */
/*
 * With writable page tables on, a kernel stores a writable entry for a pinned table into its own L1
 * directly. The store faults instead of being emulated, and the entry stays as it was.
 */
#include "tables.h"

TEST("rw_by_direct_write_refused", "an emulated table write makes no pinned table writable")
{
    uint64_t *va = va_alloc(1);
    volatile uint64_t *pte = pte_alias(va);
    struct fault f;

    writable_tables_on();
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level);

        f = try_write(pte, entry_to(table, PROT_RW));
        CHECK_FAULT(f, TRAP_PF);
        CHECK_EQ(f.cr2, pte);
        CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
        CHECK_EQ(*pte, 0);
        CHECK_NO_FAULT(try_write(pte, entry_to(table, PROT_RO)));
        CHECK_EQ(*pte & ~PTE_HV, entry_to(table, PROT_RO));
        CHECK_NO_FAULT(try_write(pte, 0));
    }
}
