/* SPDX-License-Identifier: MIT */
/*
 * Priorities exist only with FIFO channels; Linux asks for them and takes the error as an answer.
 */
#include "ports.h"

TEST("priority_needs_fifo", "EVTCHNOP_set_priority is ENOSYS while channels are two-level")
{
    struct evtchn_set_priority op = {.port = ipi_port(0), .priority = 3};

    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_set_priority, &op), -XEN_ENOSYS);
}
