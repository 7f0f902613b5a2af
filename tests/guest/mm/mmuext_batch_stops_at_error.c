/* SPDX-License-Identifier: MIT */
/* The same for mmuext_op. */
#include "tables.h"

TEST("mmuext_batch_stops_at_error",
     "mmuext_op stops at the bad operation and reports how many were done")
{
    uint64_t *a = pt_page_alloc(), *b = page_alloc(), *c = pt_page_alloc();
    struct mmuext_op ops[3] = {
        {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(a)},
        {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(b)},
        {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(c)},
    };
    unsigned int done = 77;

    CHECK_RC(hypercall_mmuext_op(ops, 3, &done, DOMID_SELF), -XEN_EINVAL);
    CHECK_EQ(done, 1);
    CHECK_RC(unpin(a), 0);
    CHECK_RC(unpin(c), -XEN_EINVAL);
    CHECK_RC(hypercall_mmuext_op(ops, 3, NULL, DOMID_SELF), -XEN_EINVAL);
    CHECK_RC(unpin(a), 0);
}
