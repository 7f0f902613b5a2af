/* SPDX-License-Identifier: MIT */
/* mmuext_op with arrays, counts and vCPU masks that are not there. */
#include "pointers.h"

static long flush_multi(void *mask)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_MULTI};

    set_xen_guest_handle(op.arg2.vcpumask, mask);
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

TEST("mmuext_op_bad_pointers", "mmuext_op: EFAULT for its array, EINVAL for a mask, 0 for done")
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    CHECK_BAD_POINTERS(hypercall_mmuext_op(p, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_RC(hypercall_mmuext_op(NULL, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    CHECK_BAD_POINTERS(hypercall_mmuext_op(&op, 1, p, DOMID_SELF), 0);
    for (unsigned int i = 2; i < BAD_POINTERS - 1; i++)
        CHECK_RC(flush_multi(bad_pointers()[i].p), -XEN_EINVAL);
    CHECK_ALIVE();
}
