/* SPDX-License-Identifier: MIT */
/* Toolstack calls with structures that are not there. */
#include "pointers.h"

TEST("other_ops_bad_pointer", "domctl, sysctl and platform_op with a bad structure are EFAULT")
{
    CHECK_BAD_POINTERS(hypercall_domctl(p), -XEN_EFAULT);
    CHECK_BAD_POINTERS(hypercall_sysctl(p), -XEN_EFAULT);
    CHECK_BAD_POINTERS(hypercall_platform_op(p), -XEN_EFAULT);
    CHECK_RC(hypercall_domctl(NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_sysctl(NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_platform_op(NULL), -XEN_EFAULT);
    CHECK_ALIVE();
}
