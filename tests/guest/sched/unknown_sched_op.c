/* SPDX-License-Identifier: MIT */
/* Numbers without an operation, and those that the old form of the call does not have. */
#include "harness.h"

TEST("unknown_sched_op", "unknown sched_ops are ENOSYS, in the old form all but three")
{
    CHECK_RC(hypercall_sched_op(8, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_sched_op(1000, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_sched_op(-1, NULL), -XEN_ENOSYS);

    CHECK_RC(hypercall_sched_op_compat(SCHEDOP_yield, 0), 0);
    CHECK_RC(hypercall_sched_op_compat(SCHEDOP_poll, 0), -XEN_ENOSYS);
    CHECK_RC(hypercall_sched_op_compat(SCHEDOP_watchdog, 0), -XEN_ENOSYS);
    CHECK_RC(hypercall_sched_op_compat(-1, 0), -XEN_ENOSYS);
}
