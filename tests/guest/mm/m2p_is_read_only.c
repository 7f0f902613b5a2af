/* SPDX-License-Identifier: MIT */
/* The machine-to-phys list can be read at the frames of our own, and written nowhere. */
#include "tables.h"

TEST("m2p_is_read_only", "a write to the machine-to-phys list faults and changes nothing")
{
    uint64_t *page = page_alloc();
    unsigned long *slot = (unsigned long *)m2p_slot(mfn_of(page));
    struct fault f = try_write(slot, 0);

    CHECK_FAULT(f, TRAP_PF);
    CHECK_EQ(f.cr2, slot);
    CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
    CHECK_EQ(*slot, va_to_pfn(page));
    f = try_exec(slot);
    CHECK_FAULT(f, TRAP_PF);
}
