/* SPDX-License-Identifier: MIT */
/*
 * When one end of a channel closes, the other becomes unbound and waits for the same domain: it can
 * be bound again. A send on it meanwhile is lost without an error. [EVT-6]
 */
#include "ports.h"

TEST("close_one_end", "the peer of a closed port is unbound, for the domain that closed")
{
    evtchn_port_t offered, bound = loopback(&offered);
    struct evtchn_status status;

    CHECK_RC(evtchn_close(bound), 0);
    CHECK_RC(evtchn_status(offered, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_unbound);
    CHECK_EQ(status.u.unbound.dom, OWN_DOMID);
    CHECK_RC(evtchn_send(offered), 0);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, offered), bound);
    evtchn_clear(bound);
    CHECK_RC(evtchn_send(offered), 0);
    CHECK(evtchn_pending(bound), "the new channel carries nothing");

    /* The other way round. */
    CHECK_RC(evtchn_close(offered), 0);
    CHECK_EQ(port_state(bound), EVTCHNSTAT_unbound);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, bound), offered);
}
