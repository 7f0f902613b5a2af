/* SPDX-License-Identifier: MIT */
/*
 * Bit 31 of the count is the hypervisor's own mark of a continuation. A guest that sets it gets the
 * number of those done added to what stands there, and the last argument back if there is no array.
 */
#include "tables.h"

TEST("count_preempted_bit", "bit 31 of count means: add to what is in done")
{
    uint64_t *l1 = pinned_table(1);
    mmu_update_t reqs[2] = {{entry_of(l1, 0), PATTERN}, {entry_of(l1, 1), PATTERN}};
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    unsigned int done = 10;

    CHECK_RC(hypercall_mmu_update(reqs, 0x80000002, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 12);
    CHECK_EQ(l1[1], PATTERN);
    CHECK_RC(hypercall_mmu_update(NULL, 0x80000000, NULL, DOMID_SELF), DOMID_SELF);
    done = 10;
    CHECK_RC(hypercall_mmuext_op(&op, 0x80000001, &done, DOMID_SELF), 0);
    CHECK_EQ(done, 11);
    CHECK_RC(hypercall_mmuext_op(NULL, 0x80000000, NULL, DOMID_SELF), DOMID_SELF);
}
