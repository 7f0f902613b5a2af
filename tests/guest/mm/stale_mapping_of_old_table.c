/* SPDX-License-Identifier: MIT */
/*
 * The same with a table between: a whole L1 with a writable entry is unlinked without a flush, then
 * the page it mapped is pinned. The CPU must not go on translating by the old tables.
 */
#include "tables.h"

TEST("stale_mapping_of_old_table", "no TLB entry survives the unlinking of the table it came from")
{
    uint64_t *page = page_alloc(), *va = va_alloc(513), *far;
    uint64_t at;

    far = (uint64_t *)(((unsigned long)va + 0x1fffff) & ~0x1ffffful);
    MUST(map_page(&kernel_aspace, (unsigned long)far, mfn_of(page), PROT_RW));
    CHECK_NO_FAULT(try_write(far, 0));
    at = pt_entry(kernel_aspace.l4_mfn, (unsigned long)far, 2, NULL);
    MUST(pt_write(at, 0));
    CHECK_FAULT(try_write(far, 0), TRAP_PF);
    MUST(page_set_ro(page));
    CHECK_RC(pin(page, 1), 0);
    CHECK_FAULT(try_write(far, entry_to(page, PROT_RW)), TRAP_PF);
}
