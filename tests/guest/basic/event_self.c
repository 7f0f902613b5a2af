/* SPDX-License-Identifier: MIT */
/* The whole way of an event: IPI port, send, pending bit, selector, upcall, handler, iret. */
#include "harness.h"

static volatile int count;
static volatile bool enabled_inside;

static void on_event(evtchn_port_t port, void *data)
{
    enabled_inside = events_enabled();
    if (data == &count && !evtchn_pending(port))
        count++;
}

TEST("event_to_self_is_an_upcall", "an IPI to oneself runs the handler before the send returns")
{
    long port = evtchn_bind_ipi(0);
    struct evtchn_status status;

    CHECK(port > 0, "bind_ipi gives %ld", port);
    CHECK_RC(evtchn_status((evtchn_port_t)port, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_ipi);
    evtchn_set_handler((evtchn_port_t)port, on_event, (void *)&count);

    for (int i = 1; i <= 3; i++) {
        CHECK_RC(evtchn_send((evtchn_port_t)port), 0);
        CHECK_EQ(count, i);
    }
    CHECK(!enabled_inside, "events are enabled in the upcall");
    CHECK(events_enabled(), "events are masked after the upcall");

    CHECK_RC(evtchn_close((evtchn_port_t)port), 0);
    CHECK_RC(evtchn_send((evtchn_port_t)port), -XEN_EINVAL);
    CHECK_EQ(count, 3);
}
