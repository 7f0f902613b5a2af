/* SPDX-License-Identifier: MIT */
/*
 * A count far beyond the array: the batch runs into memory that is not there, stops with EFAULT and
 * says how many entries it found.
 */
#include "tables.h"

#define ENTRIES (PAGE_SIZE / sizeof(mmu_update_t))

TEST("huge_count_is_no_crash",
     "a count beyond the array's memory ends in EFAULT behind its last entry")
{
    char *va = va_alloc(2);
    mmu_update_t *reqs;
    struct mmuext_op *ops;
    uint64_t *page = page_alloc(), *l1 = pinned_table(1);
    unsigned int done = 0;

    MUST(remap(va, entry_to(page, PROT_RW)));
    reqs = (mmu_update_t *)va;
    for (unsigned int i = 0; i < ENTRIES; i++)
        reqs[i] = (mmu_update_t){.ptr = entry_of(l1, i), .val = PATTERN};
    CHECK_RC(hypercall_mmu_update(reqs, 0x7fffffff, &done, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(done, ENTRIES);
    CHECK_EQ(l1[ENTRIES - 1], PATTERN);
    CHECK_EQ(l1[ENTRIES], 0);

    ops = (struct mmuext_op *)(va + PAGE_SIZE) - 2;
    ops[0] = ops[1] = (struct mmuext_op){.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    CHECK_RC(hypercall_mmuext_op(ops, 0x7fffffff, &done, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(done, 2);
}
