/* SPDX-License-Identifier: MIT */
/*
 * A hostile granter changes its entry while it is in use: another frame, another domain, no flags.
 * A second mapping must be of the frame that was granted first, and the unmap must still work.
 * [GNT-4] */
#include "self.h"

TEST("entry_changed_while_mapped", "changing an entry in use does not change what its users map")
{
    struct offer o = offer(0x1, 0);
    uint64_t *va = va_alloc(1), *second = va_alloc(1), *page = page_alloc();
    grant_handle_t handle = map_at(va, o.ref, 0), again;

    *page = 0x2;
    grant_table[o.ref].frame = (uint32_t)va_to_mfn(page);
    again = map_at(second, o.ref, 0);
    CHECK_EQ(*second, 0x1);
    grant_table[o.ref].domid = NO_DOMID;
    grant_table[o.ref].flags = 0;
    CHECK_RC(grant_unmap(second, again), GNTST_okay);
    again = map_at(second, o.ref, GNTMAP_readonly);
    CHECK_EQ(*second, 0x1);
    CHECK_RC(grant_unmap(second, again), GNTST_okay);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), 0);
    CHECK_RC(map_status((unsigned long)va, OWN_DOMID, o.ref, GNTMAP_host_map), GNTST_general_error);
}
