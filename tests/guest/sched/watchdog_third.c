/* SPDX-License-Identifier: MIT */
/* A third watchdog. Xen gives the error as an unsigned 32-bit number, which this test records. */
#include "harness.h"

TEST("watchdog_third", "when both watchdogs are taken, there is no third one")
{
    struct sched_watchdog op = {.timeout = 100};

    CHECK_RC(hypercall_sched_op(SCHEDOP_watchdog, &op), 1);
    CHECK_RC(hypercall_sched_op(SCHEDOP_watchdog, &op), 2);
    CHECK_RC(hypercall_sched_op(SCHEDOP_watchdog, &op), (uint32_t)-XEN_ENOSPC);
}
