/* SPDX-License-Identifier: MIT */
/*
 * The guest made the entry read-only after a writable map: it is not the entry that the grant made.
 * A pass: the unmap is refused until the entry allows writing again.
 */
#include "self.h"

TEST("unmap_of_read_only_entry", "an entry whose access differs from the grant's is not unmapped")
{
    struct offer o = offer(0x1, 0);
    uint64_t *va = va_alloc(1), value;
    grant_handle_t handle = map_at(va, o.ref, 0);

    CHECK_RC(pt_write(pte_maddr(va), pte_read(va) & ~PTE_RW), 0);
    CHECK_RC(grant_unmap(va, handle), GNTST_general_error);
    CHECK_EQ(*va, 0x1);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(pt_write(pte_maddr(va), pte_read(va) | PTE_RW), 0);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
