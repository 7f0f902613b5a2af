/* SPDX-License-Identifier: MIT */
/* mmu_update with arrays that are not there. */
#include "pointers.h"

TEST("mmu_update_bad_array", "mmu_update from a bad array is EFAULT and counts what it found")
{
    unsigned int done = 77;

    CHECK_BAD_POINTERS(hypercall_mmu_update(p, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_BAD_POINTERS(hypercall_mmu_update(p, 5, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_RC(hypercall_mmu_update(NULL, 1, &done, DOMID_SELF), -XEN_EFAULT);
    CHECK_EQ(done, 0);
    CHECK_ALIVE();
}
