/* SPDX-License-Identifier: MIT */
/* Frame 0 takes the user's tables away, so that they may be freed. */
#include "tables.h"

TEST("user_baseptr_0", "NEW_USER_BASEPTR of 0 lets the user's tables go")
{
    uint64_t *l4 = pinned_table(4);

    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4)), 0);
    CHECK_RC(unpin(l4), 0);
    CHECK_RC(page_set_rw(l4), -XEN_EBUSY);
    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    CHECK_RC(page_set_rw(l4), 0);
    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
}
