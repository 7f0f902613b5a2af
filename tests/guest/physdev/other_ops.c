/* SPDX-License-Identifier: MIT */
/* A debug port that is not there, and numbers without an operation. */
#include "pirqs.h"

TEST("other_ops", "unknown physdev operations are ENOSYS")
{
    struct physdev_dbgp_op op = {.op = PHYSDEVOP_DBGP_RESET_PREPARE};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_dbgp_op, &op), 0);
    CHECK_RC(hypercall_physdev_op(0, &op), -XEN_ENOSYS);
    CHECK_RC(hypercall_physdev_op(22, &op), -XEN_ENOSYS);
    CHECK_RC(hypercall_physdev_op(32, &op), -XEN_ENOSYS);
    CHECK_RC(hypercall_physdev_op(1000, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_physdev_op(-1, NULL), -XEN_ENOSYS);
}
