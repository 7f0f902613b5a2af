/* SPDX-License-Identifier: MIT */
/*
 * A handle undone at another address that maps the same frame in the same way: the entry there
 * goes, the grant is not in use any more, and the first mapping is an ordinary one of the guest's
 * own page. [GNT-8]
 */
#include "self.h"

TEST("unmap_at_another_mapping", "an unmap takes any entry that maps the grant's frame")
{
    struct offer o = offer(0x4444, 0);
    uint64_t *va = va_alloc(1), value;
    grant_handle_t handle = map_at(va, o.ref, 0);

    CHECK_RC(grant_unmap((void *)o.page, handle), GNTST_okay);
    CHECK_FAULT(try_read(o.page, &value), TRAP_PF);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
    CHECK_EQ(*va, 0x4444);
    CHECK_RC(grant_unmap(va, handle), GNTST_bad_handle);
}
