/* SPDX-License-Identifier: MIT */
/*
 * Frame numbers that no memory and no device can have: address bits above what the CPU has, which
 * the CPU would fault on as reserved, and all of them.
 */
#include "tables.h"

TEST("pte_beyond_memory_refused", "a PTE with address bits beyond the machine is EPERM")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), value;
    unsigned long below = mfn_of(page);

    for (int bit = 40; bit <= 51; bit++) {
        uint64_t pte = pte_make(below, PROT_RO) | 1ul << bit;
        long rc = remap(va, pte);

        CHECK(rc == -XEN_EPERM, "bit %d: %ld", bit, rc);
        CHECK_RC(pt_write(pte_maddr(va), pte), -XEN_EPERM);
    }
    CHECK_RC(remap(va, PTE_ADDR | PROT_RW), -XEN_EINVAL);
    CHECK_EQ(pte_read(va), 0);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
}
