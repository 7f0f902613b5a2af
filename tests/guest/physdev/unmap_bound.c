/* SPDX-License-Identifier: MIT */
/* Unmapping a bound interrupt takes it away from its port, which stays until it is closed. */
#include "pirqs.h"

TEST("unmap_bound", "a port outlives its interrupt")
{
    struct evtchn_status status;
    evtchn_port_t port;

    MUST(map_gsi(FREE_GSI, FREE_GSI));
    port = (evtchn_port_t)MUST(evtchn_bind_pirq(FREE_GSI, false));
    CHECK_RC(unmap_pirq(FREE_GSI), 0);
    MUST(evtchn_status(port, &status));
    CHECK_EQ(status.status, EVTCHNSTAT_pirq);
    CHECK_RC(unmap_pirq(FREE_GSI), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_pirq(FREE_GSI, false), -XEN_EPERM);
    CHECK_RC(evtchn_close(port), 0);
    CHECK_RC(evtchn_close(port), -XEN_EINVAL);
}
