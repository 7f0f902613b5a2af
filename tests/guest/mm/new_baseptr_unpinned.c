/* SPDX-License-Identifier: MIT */
/*
 * An L4 need not be pinned: being run on validates it and holds its type; leaving it lets it go.
 */
#include "tables.h"

TEST("new_baseptr_unpinned", "a valid L4 that is not pinned can be run on, and is free afterwards")
{
    const uint64_t *kernel = mfn_to_va(kernel_aspace.l4_mfn);
    uint64_t *l4 = page_alloc();

    for (unsigned int i = 0; i < 512; i++)
        l4[i] = i < 256 || i > 271 ? kernel[i] : 0;
    MUST(page_set_ro(l4));
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4)), 0);
    CHECK_RC(page_set_rw(l4), -XEN_EBUSY);
    CHECK_RC(unpin(l4), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, kernel_aspace.l4_mfn), 0);
    CHECK_RC(page_set_rw(l4), 0);
}
