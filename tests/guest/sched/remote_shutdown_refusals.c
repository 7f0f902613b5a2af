/* SPDX-License-Identifier: MIT */
/* Shutting down domains that do not exist, DOMID_SELF among them, which is no number here. */
#include "harness.h"

static long remote_shutdown(domid_t dom)
{
    struct sched_remote_shutdown op = {.domain_id = dom, .reason = SHUTDOWN_crash};

    return hypercall_sched_op(SCHEDOP_remote_shutdown, &op);
}

TEST("remote_shutdown_refusals", "only a domain that exists can be shut down, by its number")
{
    CHECK_RC(remote_shutdown(77), -XEN_ESRCH);
    CHECK_RC(remote_shutdown(DOMID_SELF), -XEN_ESRCH);
    CHECK_RC(remote_shutdown(DOMID_XEN), -XEN_ESRCH);
    CHECK_RC(remote_shutdown(DOMID_IO), -XEN_ESRCH);
    CHECK_RC(hypercall_sched_op(SCHEDOP_remote_shutdown, NULL), -XEN_EFAULT);
}
