/* SPDX-License-Identifier: MIT */
/*
 * A channel to oneself: each end names the other, an event crosses in both directions, and the end
 * that binds begins with a pending event, since the other may have sent before. [EVT-7]
 */
#include "ports.h"

TEST("interdomain_loopback", "a domain's channel to itself carries events in both directions")
{
    evtchn_port_t offered = unbound_port(), bound;
    struct evtchn_status status;

    bound = (evtchn_port_t)MUST(evtchn_bind_interdomain(DOMID_SELF, offered));
    CHECK(bound != offered, "both ends are port %u", bound);
    CHECK(evtchn_pending(bound), "the new end is not pending");
    CHECK(!evtchn_pending(offered), "the old end is pending");
    CHECK_RC(evtchn_status(bound, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_interdomain);
    CHECK_EQ(status.u.interdomain.dom, OWN_DOMID);
    CHECK_EQ(status.u.interdomain.port, offered);
    CHECK_RC(evtchn_status(offered, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_interdomain);
    CHECK_EQ(status.u.interdomain.port, bound);

    evtchn_clear(bound);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK(evtchn_pending(offered) && !evtchn_pending(bound), "sent from %u", bound);
    evtchn_clear(offered);
    CHECK_RC(evtchn_send(offered), 0);
    CHECK(evtchn_pending(bound) && !evtchn_pending(offered), "sent from %u", offered);
}
