/* SPDX-License-Identifier: MIT */
/*
 * close, send, unmask and status of ports that are not there: port 0, which is reserved, one never
 * used, the first impossible one, all bits set.
 */
#include "ports.h"

static void check_impossible(evtchn_port_t port)
{
    struct evtchn_status status;

    CHECK_RC(evtchn_close(port), -XEN_EINVAL);
    CHECK_RC(evtchn_send(port), -XEN_EINVAL);
    CHECK_RC(evtchn_unmask(port), -XEN_EINVAL);
    CHECK_RC(evtchn_status(port, &status), -XEN_EINVAL);
}

TEST("operations_on_bad_ports", "a port that cannot be is EINVAL; the reserved port 0 is closed")
{
    struct evtchn_status other = {.dom = NO_DOMID, .port = 1};

    check_impossible(NEVER_USED);
    check_impossible(NR_PORTS);
    check_impossible(NR_PORTS + 1);
    check_impossible(0x20000);
    check_impossible(~0u);

    CHECK_RC(evtchn_close(0), -XEN_EINVAL);
    CHECK_RC(evtchn_send(0), -XEN_EINVAL);
    CHECK_RC(evtchn_unmask(0), 0);
    CHECK_EQ(port_state(0), EVTCHNSTAT_closed);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_status, &other), -XEN_ESRCH);
    other.dom = OWN_DOMID;
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_status, &other), 0);
}
