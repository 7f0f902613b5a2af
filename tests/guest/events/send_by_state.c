/* SPDX-License-Identifier: MIT */
/* Sending works on IPI and interdomain ports, is lost on unbound ones, is refused on VIRQs. */
#include "ports.h"

TEST("send_by_state", "a guest cannot send on a port of a virtual interrupt, nor raise it")
{
    evtchn_port_t unbound = unbound_port(), timer = virq_port(VIRQ_DEBUG);
    evtchn_port_t global = virq_port(VIRQ_DOM_EXC), ipi = ipi_port(0);

    CHECK_RC(evtchn_send(unbound), 0);
    CHECK(!evtchn_pending(unbound), "the unbound port is pending");
    CHECK_RC(evtchn_send(timer), -XEN_EINVAL);
    CHECK(!evtchn_pending(timer), "the VIRQ's port is pending");
    CHECK_RC(evtchn_send(global), -XEN_EINVAL);
    CHECK(!evtchn_pending(global), "the global VIRQ's port is pending");
    CHECK_RC(evtchn_send(ipi), 0);
    CHECK(evtchn_pending(ipi), "the IPI's port is not pending");
}
