/* SPDX-License-Identifier: MIT */
/* The domain's two watchdogs: taken, set anew, given back; numbers that are none, a third one. */
#include "harness.h"

static long watchdog(uint32_t id, uint32_t timeout)
{
    struct sched_watchdog op = {.id = id, .timeout = timeout};

    return hypercall_sched_op(SCHEDOP_watchdog, &op);
}

TEST("watchdog", "a domain has two watchdogs, which it names by the number it got")
{
    CHECK_RC(watchdog(1, 100), -XEN_EINVAL);
    CHECK_RC(watchdog(1, 0), -XEN_EINVAL);
    CHECK_RC(watchdog(3, 100), -XEN_EINVAL);
    CHECK_RC(watchdog(~0u, 100), -XEN_EINVAL);
    CHECK_RC(hypercall_sched_op(SCHEDOP_watchdog, NULL), -XEN_EFAULT);

    CHECK_RC(watchdog(0, 100), 1);
    CHECK_RC(watchdog(0, 100), 2);
    CHECK_RC(watchdog(1, 200), 0);
    CHECK_RC(watchdog(1, 0), 0);
    CHECK_RC(watchdog(1, 0), -XEN_EINVAL);
    CHECK_RC(watchdog(1, 100), -XEN_EINVAL);
    CHECK_RC(watchdog(0, 100), 1);
    CHECK_RC(watchdog(2, 0), 0);
    CHECK_RC(watchdog(1, 0), 0);
}
