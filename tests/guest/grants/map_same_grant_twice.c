/* SPDX-License-Identifier: MIT */
/*
 * One reference mapped several times: in use until the last one goes, written until the last
 * writer. [GNT-2]
 */
#include "self.h"

TEST("map_same_grant_twice", "an entry's bits in use are cleared by the last unmap of their kind")
{
    struct offer o = offer(0x5555, 0);
    uint64_t *va[4];
    grant_handle_t handle[4];

    for (int i = 0; i < 4; i++)
        va[i] = va_alloc(1);
    handle[0] = map_at(va[0], o.ref, GNTMAP_readonly);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_reading);
    handle[1] = map_at(va[1], o.ref, 0);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    handle[2] = map_at(va[2], o.ref, 0);
    handle[3] = map_at(va[3], o.ref, GNTMAP_readonly);
    *va[2] = 0x6666;
    CHECK_EQ(*va[0], 0x6666);
    CHECK_EQ(*va[3], 0x6666);

    CHECK_RC(grant_unmap(va[1], handle[1]), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(grant_unmap(va[2], handle[2]), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_reading);
    CHECK_RC(grant_unmap(va[0], handle[0]), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_reading);
    CHECK_RC(grant_unmap(va[3], handle[3]), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
