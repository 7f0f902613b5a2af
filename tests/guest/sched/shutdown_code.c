/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_shutdown_code names the reason of a shutdown to come. The first one counts: this test
 * says power-off, then crash, then really crashes, and the machine must power off in silence.
 */
#include "harness.h"

TEST("shutdown_code", "the first shutdown code stays, also against the reason of the shutdown")
{
    struct sched_shutdown s = {.reason = SHUTDOWN_poweroff};

    CHECK_RC(hypercall_sched_op(SCHEDOP_shutdown_code, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_sched_op(SCHEDOP_shutdown, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_RC(hypercall_sched_op(SCHEDOP_shutdown_code, &s), 0);
    s.reason = SHUTDOWN_crash;
    CHECK_RC(hypercall_sched_op(SCHEDOP_shutdown_code, &s), 0);
    printf("Test result: SUCCESS\n");
    domain_shutdown(SHUTDOWN_crash);
}
