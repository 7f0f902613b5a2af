/* SPDX-License-Identifier: MIT */
/*
 * alloc_unbound for ourselves, by name and by number, for a partner that need not exist; and for
 * domains that are none. A pass: ports that say unbound and whom for, ESRCH for the latter.
 */
#include "ports.h"

static void check_offer(domid_t dom, domid_t remote, domid_t said)
{
    struct evtchn_status status;
    long port = evtchn_alloc_unbound(dom, remote);

    CHECK(port > 0, "alloc_unbound(%x, %x) gives %ld", dom, remote, port);
    CHECK_RC(evtchn_status((evtchn_port_t)port, &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_unbound);
    CHECK_EQ(status.u.unbound.dom, said);
    CHECK_EQ(status.vcpu, 0);
}

TEST("alloc_unbound_arguments", "alloc_unbound takes any partner, but only a domain that exists")
{
    check_offer(DOMID_SELF, DOMID_SELF, OWN_DOMID);
    check_offer(OWN_DOMID, DOMID_SELF, OWN_DOMID);
    check_offer(DOMID_SELF, OWN_DOMID, OWN_DOMID);
    check_offer(DOMID_SELF, NO_DOMID, NO_DOMID);
    check_offer(DOMID_SELF, DOMID_XEN, DOMID_XEN);
    CHECK_RC(evtchn_alloc_unbound(NO_DOMID, DOMID_SELF), -XEN_ESRCH);
    CHECK_RC(evtchn_alloc_unbound(DOMID_IO, DOMID_SELF), -XEN_ESRCH);
    CHECK_RC(evtchn_alloc_unbound(DOMID_XEN, DOMID_SELF), -XEN_ESRCH);
    CHECK_RC(evtchn_alloc_unbound(DOMID_INVALID, DOMID_SELF), -XEN_ESRCH);
}
