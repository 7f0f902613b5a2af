/* SPDX-License-Identifier: MIT */
/* Nothing to do is no error, and 0 were done; the array is not looked at. */
#include "tables.h"

TEST("empty_batch_is_0", "mmu_update and mmuext_op of no entries are 0 and report 0")
{
    unsigned int done = 77;

    CHECK_RC(hypercall_mmu_update(NULL, 0, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 0);
    done = 77;
    CHECK_RC(hypercall_mmuext_op(NULL, 0, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 0);
    CHECK_RC(hypercall_mmu_update(NULL, 0, NULL, DOMID_SELF), 0);
    CHECK_RC(hypercall_mmuext_op(NULL, 0, NULL, DOMID_SELF), 0);
}
