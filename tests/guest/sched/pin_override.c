/* SPDX-License-Identifier: MIT */
/*
 * The first domain nails its vCPU to a CPU for a while: CPUs that exist, that do not, and an end.
 */
#include "harness.h"

static long pin(int32_t pcpu)
{
    struct sched_pin_override op = {.pcpu = pcpu};

    return hypercall_sched_op(SCHEDOP_pin_override, &op);
}

TEST("pin_override", "SCHEDOP_pin_override takes a CPU that exists; a negative one ends it")
{
    CHECK_RC(pin(100000), -XEN_EINVAL);
    CHECK_RC(pin(0x7fffffff), -XEN_EINVAL);
    CHECK_RC(pin(0), 0);
    CHECK_RC(pin(0), -XEN_EBUSY);
    CHECK_RC(pin(-1), 0);
    CHECK_RC(pin(-1), -XEN_EINVAL);
    CHECK_RC(hypercall_sched_op(SCHEDOP_pin_override, NULL), -XEN_EFAULT);
}
