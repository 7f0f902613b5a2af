/* SPDX-License-Identifier: MIT */
/* A mapped interrupt is bound to one port, which tells its number, until it is closed. */
#include "pirqs.h"

TEST("bind_mapped", "a mapped interrupt has one port at a time")
{
    struct evtchn_status status;
    long port;

    CHECK_RC(evtchn_bind_pirq(FREE_GSI, false), -XEN_EPERM);
    MUST(map_gsi(FREE_GSI, FREE_GSI));
    port = MUST(evtchn_bind_pirq(FREE_GSI, true));
    CHECK_RC(evtchn_bind_pirq(FREE_GSI, true), -XEN_EEXIST);
    MUST(evtchn_status((evtchn_port_t)port, &status));
    CHECK_EQ(status.status, EVTCHNSTAT_pirq);
    CHECK_EQ(status.u.pirq, FREE_GSI);
    CHECK_RC(evtchn_send((evtchn_port_t)port), -XEN_EINVAL);
    CHECK_RC(evtchn_close((evtchn_port_t)port), 0);
    port = evtchn_bind_pirq(FREE_GSI, false);
    CHECK(port > 0, "bound again: %ld", port);
    CHECK_RC(evtchn_close((evtchn_port_t)port), 0);
}
