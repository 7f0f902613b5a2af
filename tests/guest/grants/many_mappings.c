/* SPDX-License-Identifier: MIT */
/*
 * One grant mapped more often than a counter of eight bits holds: the limit is told, not wrapped.
 * [GNT-10] */
#include "self.h"

TEST("many_mappings", "a reference can be mapped 127 times; once more is an error")
{
    struct offer o = offer(0x7f, 0);
    static grant_handle_t handle[200];
    char *va = va_alloc(200);
    int status = GNTST_okay, n = 0;

    while (n < 200 && !status) {
        status = grant_map_at(va + n * PAGE_SIZE, OWN_DOMID, o.ref, 0, &handle[n]);
        n += !status;
    }
    CHECK_EQ(n, 128);
    CHECK_RC(status, GNTST_general_error);
    for (int i = 0; i < n; i++)
        CHECK_RC(grant_unmap(va + i * PAGE_SIZE, handle[i]), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
