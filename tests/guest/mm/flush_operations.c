/* SPDX-License-Identifier: MIT */
/* Every flush there is, alone: 0 each, and the guest's mappings still work. */
#include "tables.h"

TEST("flush_operations", "all flush operations succeed on one's own behalf, EPERM on others'")
{
    static const unsigned int ops[] = {
        MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_ALL,
        MMUEXT_INVLPG_ALL,      MMUEXT_FLUSH_CACHE,  MMUEXT_FLUSH_CACHE_GLOBAL,
    };
    uint64_t *page = page_alloc();

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long rc = mmuext_as(ops[i], (unsigned long)page, 0, DOMID_SELF);

        CHECK(rc == 0, "operation %u: %ld", ops[i], rc);
        rc = mmuext_as(ops[i], (unsigned long)page, 0, DOMID_IO);
        CHECK(rc == -XEN_EPERM, "operation %u as DOMID_IO: %ld", ops[i], rc);
    }
    CHECK_NO_FAULT(try_write(page, PATTERN));
}
