/* SPDX-License-Identifier: MIT */
/* Numbers without an operation, and those of other kinds of guests. */
#include "self.h"

TEST("unknown_grant_op", "unknown grant_table_ops are ENOSYS")
{
    CHECK_RC(hypercall_grant_table_op(13, NULL, 1), -XEN_ENOSYS);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_dump_table + 100, NULL, 1), -XEN_ENOSYS);
    CHECK_RC(hypercall_grant_table_op(13, NULL, 0), -XEN_ENOSYS);
    CHECK_RC(hypercall_grant_table_op(13, NULL, 1u << 31), -XEN_EINVAL);
    CHECK_RC(hypercall_grant_table_op(1u << 12, NULL, 1), -XEN_EINVAL);
    CHECK_RC(hypercall_grant_table_op(~0u, NULL, 1), -XEN_EINVAL);
}
