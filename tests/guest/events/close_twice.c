/* SPDX-License-Identifier: MIT */
/* Closing frees a port of each kind, once: the second time there is nothing to close. */
#include "ports.h"

static void check_closes(evtchn_port_t port)
{
    CHECK_RC(evtchn_close(port), 0);
    CHECK_EQ(port_state(port), EVTCHNSTAT_closed);
    CHECK_RC(evtchn_close(port), -XEN_EINVAL);
    CHECK_RC(evtchn_send(port), -XEN_EINVAL);
    CHECK_RC(evtchn_unmask(port), 0);
}

TEST("close_twice", "a closed port is closed for every operation but status and unmask")
{
    evtchn_port_t offered, bound = loopback(&offered);

    check_closes(unbound_port());
    check_closes(ipi_port(0));
    check_closes(virq_port(VIRQ_TIMER));
    check_closes(virq_port(VIRQ_DOM_EXC));
    check_closes(bound);
    check_closes(offered);
}
