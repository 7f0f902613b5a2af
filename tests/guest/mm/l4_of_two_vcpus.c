/* SPDX-License-Identifier: MIT */
/*
 * One L4, unpinned, on which two vCPUs run: it stays a table until the second has left it.
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

static long rc1;

static void switch_to(void *l4_mfn)
{
    rc1 = mmuext(MMUEXT_NEW_BASEPTR, (unsigned long)l4_mfn);
}

TEST("l4_of_two_vcpus", "an L4 in use by two vCPUs is held by each of them")
{
    const uint64_t *kernel = mfn_to_va(kernel_aspace.l4_mfn);
    uint64_t *l4 = page_alloc();

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    for (unsigned int i = 0; i < 512; i++)
        l4[i] = i < 256 || i > 271 ? kernel[i] : 0;
    MUST(page_set_ro(l4));
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4)), 0);
    smp_call(1, switch_to, (void *)mfn_of(l4));
    CHECK_RC(rc1, 0);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, kernel_aspace.l4_mfn), 0);
    CHECK_RC(page_set_rw(l4), -XEN_EBUSY);
    smp_call(1, switch_to, (void *)kernel_aspace.l4_mfn);
    CHECK_RC(rc1, 0);
    CHECK_RC(page_set_rw(l4), 0);
}
