/* SPDX-License-Identifier: MIT */
/* A yield with nobody to yield to comes back at once, with events as they were. */
#include "harness.h"

TEST("yield", "SCHEDOP_yield returns 0 and changes no mask")
{
    CHECK_RC(hypercall_sched_op(SCHEDOP_yield, NULL), 0);
    CHECK(events_enabled(), "events are masked");
    events_disable();
    for (int i = 0; i < 100; i++)
        CHECK_RC(hypercall_sched_op(SCHEDOP_yield, NULL), 0);
    CHECK(!events_enabled(), "events are unmasked");
    /* An argument is not looked at. */
    CHECK_RC(hypercall_sched_op(SCHEDOP_yield, (void *)HYPERVISOR_VIRT_START), 0);
}
