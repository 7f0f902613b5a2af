/* SPDX-License-Identifier: MIT */
/* MMU_MACHPHYS_UPDATE writes any value into the list, but only for frames of one's own. */
#include "tables.h"

static long machphys(unsigned long mfn, unsigned long value)
{
    return update_as((uint64_t)mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, value, DOMID_SELF);
}

TEST("machphys_update_sets_m2p", "MMU_MACHPHYS_UPDATE sets the slot of an own frame and no other")
{
    uint64_t *page = page_alloc();
    unsigned long mfn = mfn_of(page), pfn = va_to_pfn(page), nobodys = nobodys_frame();

    CHECK_RC(machphys(mfn, 0x123456), 0);
    CHECK_EQ(*m2p_slot(mfn), 0x123456);
    CHECK_RC(machphys(mfn, ~0ul), 0);
    CHECK_EQ(*m2p_slot(mfn), ~0ul);
    CHECK_RC(machphys(mfn, pfn), 0);
    CHECK_EQ(*m2p_slot(mfn), pfn);
    CHECK_RC(machphys(nobodys, pfn), -XEN_EINVAL);
    CHECK_RC(machphys(0xb8, pfn), -XEN_EINVAL);
    CHECK_RC(machphys(1ul << 36, pfn), -XEN_EINVAL);
}
