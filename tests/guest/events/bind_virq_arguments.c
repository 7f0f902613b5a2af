/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * Virtual interrupts: unknown numbers, absent vCPUs, global ones on another vCPU than 0, binding
 * twice; a vCPU's own ones can be bound on each.
 */
#include "ports.h"

TEST("bind_virq_arguments", "a virtual interrupt is bound once: per vCPU, or on vCPU 0 if global")
{
    long timer = evtchn_bind_virq(VIRQ_TIMER, 0), again;

    CHECK(timer > 0, "bind_virq gives %ld", timer);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, 0), -XEN_EEXIST);
    CHECK_RC(evtchn_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_virq(~0u, 0), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, 1000), -XEN_ENOENT);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, ~0u), -XEN_ENOENT);
    /* The number is looked at before the vCPU. */
    CHECK_RC(evtchn_bind_virq(NR_VIRQS, 1000), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_virq(VIRQ_DOM_EXC, 1000), -XEN_EINVAL);

    CHECK_RC(evtchn_close((evtchn_port_t)timer), 0);
    again = evtchn_bind_virq(VIRQ_TIMER, 0);
    CHECK_EQ(again, timer);

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(evtchn_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_virq(VIRQ_CON_RING, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_virq(VIRQ_ARCH_0, 1), -XEN_EINVAL);
    again = evtchn_bind_virq(VIRQ_TIMER, 1);
    CHECK(again > 0 && again != timer, "bind_virq on vCPU 1 gives %ld", again);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, 1), -XEN_EEXIST);
    again = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
    CHECK(again > 0, "a global one on vCPU 0 gives %ld", again);
}
