/* SPDX-License-Identifier: MIT */
/* The slots 256 to 271 of a pinned L4 are the hypervisor's: no update, zero included. [TYP-5] */
#include "tables.h"

TEST("hypervisor_l4_slots_refused",
     "mmu_update of L4 slots 256..271 is EINVAL, beside them it works")
{
    uint64_t *l4 = pinned_table(4), *l3 = pinned_table(3);

    for (unsigned int slot = 256; slot <= 271; slot++) {
        uint64_t before = l4[slot];

        CHECK_RC(pt_write(entry_of(l4, slot), entry_to(l3, PROT_TABLE)), -XEN_EINVAL);
        CHECK_RC(pt_write(entry_of(l4, slot), 0), -XEN_EINVAL);
        CHECK_EQ(l4[slot], before);
    }
    CHECK_RC(pt_write(entry_of(l4, 255), entry_to(l3, PROT_TABLE)), 0);
    CHECK_RC(pt_write(entry_of(l4, 272), entry_to(l3, PROT_TABLE)), 0);
    /* The same on the tables we run on. */
    CHECK_RC(pt_write(((uint64_t)kernel_aspace.l4_mfn << PAGE_SHIFT) + 260 * 8,
                      entry_to(l3, PROT_TABLE)),
             -XEN_EINVAL);
}
