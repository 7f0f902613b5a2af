/* SPDX-License-Identifier: MIT */
/*
 * The guest removes a grant's mapping by an ordinary write of the entry. The grant stays in use,
 * and the handle, which finds another entry than it made, is refused until the mapping is back.
 * [GNT-7] */
#include "self.h"

TEST("entry_written_over_grant", "an entry that is gone behind the grant's back cannot be unmapped")
{
    struct offer o = offer(0x1, 0);
    uint64_t *va = va_alloc(1), pte;
    grant_handle_t handle = map_at(va, o.ref, 0);

    pte = pte_read(va);
    CHECK_EQ(pte_mfn(pte), va_to_mfn(o.page));
    CHECK_RC(pt_write(pte_maddr(va), 0), 0);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(grant_unmap(va, handle), GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(pt_write(pte_maddr(va), pte), 0);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
