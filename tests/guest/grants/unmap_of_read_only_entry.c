/* SPDX-License-Identifier: MIT */
/* The entry was made read-only, or lost other bits, by the guest after it was mapped writable. */
#include "self.h"

TEST("unmap_of_read_only_entry", "an entry whose access bits were changed is still unmapped")
{
    struct offer o = offer(0x1, 0);
    uint64_t *va = va_alloc(1), value;
    grant_handle_t handle = map_at(va, o.ref, 0);

    CHECK_RC(pt_write(pte_maddr(va), pte_read(va) & ~PTE_RW), 0);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
