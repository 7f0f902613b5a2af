/* SPDX-License-Identifier: MIT */
/* Numbers without an operation, and the two that are not for PV guests. */
#include "tables.h"

TEST("unknown_mmuext_op", "unknown mmuext operations are ENOSYS, superpage marks EOPNOTSUPP")
{
    static const unsigned int ops[] = {14, 21, 22, 1000, 0x7fffffff, ~0u};
    uint64_t *page = page_alloc();

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long rc = mmuext(ops[i], mfn_of(page));

        CHECK(rc == -XEN_ENOSYS, "operation %u: %ld", ops[i], rc);
    }
    CHECK_RC(mmuext(MMUEXT_MARK_SUPER, mfn_of(page)), -XEN_EOPNOTSUPP);
    CHECK_RC(mmuext(MMUEXT_UNMARK_SUPER, mfn_of(page)), -XEN_EOPNOTSUPP);
}
