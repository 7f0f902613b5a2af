/* SPDX-License-Identifier: MIT */
/*
 * A read-only mapping of a writable grant: reads see the page, writes fault, the entry is in use.
 */
#include "self.h"

TEST("map_read_only", "a grant mapped read-only cannot be written, and is only being read")
{
    struct offer o = offer(0x1111, 0);
    uint64_t *va = va_alloc(1), value = 0;
    grant_handle_t handle = map_at(va, o.ref, GNTMAP_readonly);
    struct fault f = try_read(va, &value);

    CHECK_NO_FAULT(f);
    CHECK_EQ(value, 0x1111);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | GTF_reading);
    f = try_write(va, 1);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
    CHECK_EQ(*o.page, 0x1111);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
