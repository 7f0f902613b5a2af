/* SPDX-License-Identifier: MIT */
/* A grant for reading cannot be mapped for writing, also not beside a mapping for reading. */
#include "self.h"

TEST("map_of_read_only_grant", "a read-only grant is never mapped writable")
{
    struct offer o = offer(0x2222, GTF_readonly);
    uint64_t *va = va_alloc(1), *other = va_alloc(1);
    grant_handle_t handle;

    CHECK_RC(map_status((unsigned long)va, OWN_DOMID, o.ref, GNTMAP_host_map), GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_readonly);
    handle = map_at(va, o.ref, GNTMAP_readonly);
    CHECK_RC(map_status((unsigned long)other, OWN_DOMID, o.ref, GNTMAP_host_map),
             GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_readonly | GTF_reading);
    CHECK_EQ(*va, 0x2222);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
}
