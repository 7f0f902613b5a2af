/* SPDX-License-Identifier: MIT */
/*
 * Bits of a PTE that are the guest's own come back as they were written: NX, accessed, dirty, the
 * available ones, write-through, cache-disable, PAT, and all of a non-present entry. The global bit
 * is the hypervisor's: Xen sets it for user mappings.
 */
#include "tables.h"

static void check_kept(const void *va, uint64_t pte, uint64_t mask)
{
    long rc = remap(va, pte);

    CHECK(rc == 0 && (pte_read(va) & mask) == (pte & mask), "rc %ld, entry %lx, not %lx", rc,
          pte_read(va), pte);
}

TEST("pte_flags_kept", "NX, A, D, AVAIL and cache bits of a PTE come back as written")
{
    static const uint64_t flags[] = {
        0,
        PTE_NX,
        PTE_A,
        PTE_D,
        PTE_A | PTE_D,
        0x200,
        0x400,
        0x800,
        PTE_AVAIL,
        PTE_PWT,
        PTE_PCD,
        PTE_PSE,
        PTE_PSE | PTE_PCD | PTE_PWT,
    };
    uint64_t *page = page_alloc(), *va = va_alloc(1);

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        check_kept(va, entry_to(page, PTE_P | PTE_US | flags[i]), ~PTE_HV);
    for (int bit = 53; bit <= 62; bit++)
        check_kept(va, entry_to(page, PTE_P | PTE_US) | 1ul << bit, ~PTE_HV);
    check_kept(va, PATTERN, ~0ul);
    check_kept(va, ~PTE_P, ~0ul);
}
