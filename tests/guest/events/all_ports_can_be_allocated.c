/* SPDX-License-Identifier: MIT */
/* All numbers but 0 can be used at once; then there are none, and a closed one is found again. */
#include "ports.h"

TEST("all_ports_can_be_allocated", "4095 ports can be allocated, the next one is ENOSPC")
{
    evtchn_port_t first = unbound_port(), last = first;

    while (last < NR_PORTS - 1) {
        long port = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);

        CHECK(port == (long)last + 1, "after port %u comes %ld", last, port);
        last = (evtchn_port_t)port;
    }
    CHECK_EQ(first, 1);
    CHECK_RC(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF), -XEN_ENOSPC);
    CHECK_RC(evtchn_bind_ipi(0), -XEN_ENOSPC);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, 0), -XEN_ENOSPC);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, 17), -XEN_ENOSPC);

    CHECK_RC(evtchn_close(2000), 0);
    CHECK_RC(evtchn_bind_virq(VIRQ_TIMER, 0), 2000);
    CHECK_RC(evtchn_close(NR_PORTS - 1), 0);
    CHECK_RC(evtchn_bind_ipi(0), NR_PORTS - 1);
    evtchn_clear(NR_PORTS - 1);
    CHECK_RC(evtchn_send(NR_PORTS - 1), 0);
    CHECK(evtchn_pending(NR_PORTS - 1), "the last port is not pending");
}
