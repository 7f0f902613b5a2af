/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* An event for a vCPU that unmasked events but names no callback. [TRAP-4] */
#include "harness.h"

TEST("event_without_callback_crashes", "an event without an event callback kills the domain")
{
    struct callback_register cb = {.type = CALLBACKTYPE_event};
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));

    evtchn_unmask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);
    test_expect_crash();
    evtchn_send(port);
}
