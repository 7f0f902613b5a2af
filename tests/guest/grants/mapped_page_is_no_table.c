/* SPDX-License-Identifier: MIT */
/* The other way round: a page that is mapped writable by a grant cannot become a page table. */
#include "self.h"

TEST("mapped_page_is_no_table", "a page mapped writable by a grant cannot be pinned as a table")
{
    struct offer o = offer(0, 0);
    uint64_t *va = va_alloc(1);
    unsigned long mfn = va_to_mfn(o.page);
    grant_handle_t handle = map_at(va, o.ref, 0);

    REQUIRE(page_set_ro((void *)o.page) == 0, "cannot make a page read-only");
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
    CHECK_RC(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);

    /* For a device as well. */
    CHECK_RC(map_status(0, OWN_DOMID, o.ref, GNTMAP_device_map), GNTST_okay);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
}
