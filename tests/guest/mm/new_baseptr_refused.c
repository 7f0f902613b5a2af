/* SPDX-License-Identifier: MIT */
/* What is no L4 cannot be run on: the tables stay as they are. */
#include "tables.h"

TEST("new_baseptr_refused", "NEW_BASEPTR of anything but an L4 is EINVAL and changes nothing")
{
    uint64_t *page = page_alloc();

    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(page)), -XEN_EINVAL);
    for (int level = 1; level <= 3; level++)
        CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(pinned_table(level))), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, 0), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, 0xb8), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, ~0ul), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(page)), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, ~0ul), -XEN_EINVAL);
    CHECK_NO_FAULT(try_write(page, PATTERN));
    /* The current one is allowed. */
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, kernel_aspace.l4_mfn), 0);
}
