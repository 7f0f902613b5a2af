/* SPDX-License-Identifier: MIT */
/* Through a read-only recursive L4 entry the kernel sees its own L4 at an address it chose. */
#include "tables.h"

#define SLOT 300ul

TEST("self_map_shows_tables", "a recursive L4 entry shows the live L4, and no write goes through")
{
    unsigned long va = 0xffff000000000000ul | SLOT << 39 | SLOT << 30 | SLOT << 21 | SLOT << 12;
    uint64_t at = pt_entry(kernel_aspace.l4_mfn, va, 4, NULL);
    uint64_t value = 0, entry = pte_make(kernel_aspace.l4_mfn, PROT_RO);

    CHECK_RC(pt_write(at, entry), 0);
    CHECK_NO_FAULT(try_read((uint64_t *)va + SLOT, &value));
    CHECK_EQ(pte_mfn(value), kernel_aspace.l4_mfn);
    CHECK_FAULT(try_write((uint64_t *)va + SLOT, 0), TRAP_PF);
    CHECK_RC(pt_write(at, 0), 0);
    CHECK_RC(tlb_flush_local(), 0);
    CHECK_FAULT(try_read((uint64_t *)va + SLOT, &value), TRAP_PF);
}
