/* SPDX-License-Identifier: MIT */
/*
 * bind_interdomain to what is not on offer: port 0, one beyond all, one never used, closed, of
 * other kinds, bound already, offered to somebody else; and to domains that do not exist. A pass
 * also leaves no port behind: the next one allocated has the number that was free before.
 */
#include "ports.h"

TEST("interdomain_refusals", "bind_interdomain wants a port that waits for this domain")
{
    evtchn_port_t offered, bound = loopback(&offered), ipi = ipi_port(0), next;
    evtchn_port_t virq = virq_port(VIRQ_DEBUG);
    evtchn_port_t others = (evtchn_port_t)MUST(evtchn_alloc_unbound(DOMID_SELF, NO_DOMID));

    next = unbound_port();
    CHECK_RC(evtchn_close(next), 0);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, 0), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, NEVER_USED), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, NR_PORTS), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, ~0u), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, next), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, ipi), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, virq), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, others), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, offered), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(DOMID_SELF, bound), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(OWN_DOMID, offered), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_interdomain(NO_DOMID, offered), -XEN_ESRCH);
    CHECK_RC(evtchn_bind_interdomain(DOMID_XEN, offered), -XEN_ESRCH);
    CHECK_EQ(unbound_port(), next);
}
