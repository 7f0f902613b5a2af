/* SPDX-License-Identifier: MIT */
/* Every grant table operation with arrays that are not there. */
#include "pointers.h"

TEST("grant_table_op_bad_pointer", "grant_table_op with a bad array is EFAULT")
{
    for (unsigned int cmd = 0; cmd <= GNTTABOP_cache_flush; cmd++) {
        if (cmd == GNTTABOP_dump_table)
            continue;
        CHECK_RC(hypercall_grant_table_op(cmd, NULL, 1), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_grant_table_op(cmd, p, 1), -XEN_EFAULT);
    }
    CHECK_BAD_POINTERS(hypercall_grant_table_op(GNTTABOP_dump_table, p, 1), -XEN_ENOSYS);
    CHECK_ALIVE();
}
