/* SPDX-License-Identifier: MIT */
/* reset closes every port of every kind; the domain goes on and binds from the first again. */
#include "ports.h"

TEST("reset_closes_all", "reset closes all ports and clears what was pending")
{
    evtchn_port_t first = unbound_port(), offered, bound = loopback(&offered);
    evtchn_port_t timer = virq_port(VIRQ_TIMER), ipi = ipi_port(0);
    struct evtchn_reset reset = {.dom = NO_DOMID};

    CHECK_RC(evtchn_send(ipi), 0);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_reset, &reset), -XEN_ESRCH);
    CHECK_EQ(port_state(ipi), EVTCHNSTAT_ipi);

    reset.dom = DOMID_SELF;
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
    CHECK_EQ(port_state(first), EVTCHNSTAT_closed);
    CHECK_EQ(port_state(offered), EVTCHNSTAT_closed);
    CHECK_EQ(port_state(bound), EVTCHNSTAT_closed);
    CHECK_EQ(port_state(timer), EVTCHNSTAT_closed);
    CHECK_EQ(port_state(ipi), EVTCHNSTAT_closed);
    CHECK(!evtchn_pending(ipi), "the closed IPI is pending");
    CHECK_EQ(virq_port(VIRQ_TIMER), first);
}
