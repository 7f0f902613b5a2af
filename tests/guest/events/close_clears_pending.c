/* SPDX-License-Identifier: MIT */
/* An event that nobody fetched before the close must not reach whoever gets the number next. */
#include "ports.h"

TEST("close_clears_pending", "closing a port clears its pending bit and leaves its mask bit")
{
    evtchn_port_t port = ipi_port(0);

    evtchn_mask(port);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(evtchn_pending(port), "not pending after the send");
    CHECK_RC(evtchn_close(port), 0);
    CHECK(!evtchn_pending(port), "pending after the close");
    CHECK(evtchn_masked(port), "unmasked by the close");
    CHECK_EQ(ipi_port(0), port);
    CHECK(!evtchn_pending(port), "pending after the new binding");
    CHECK(evtchn_masked(port), "unmasked by the binding");

    evtchn_unmask(port);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){port}), 0);
    CHECK(!evtchn_masked(port), "masked by the close");
    CHECK_EQ(ipi_port(0), port);
    CHECK(!evtchn_masked(port), "masked by the binding");
}
