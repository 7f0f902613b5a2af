/* SPDX-License-Identifier: MIT */
/* Ports of each kind, by calls that must work, and a handler that counts. */
#ifndef EVENTS_PORTS_H
#define EVENTS_PORTS_H

#include "harness.h"

#define OWN_DOMID 0      /* The first domain's, which all these tests run as. */
#define NO_DOMID 77      /* Nobody's. */
#define NEVER_USED 4000u /* A port whose number is possible, but far from those in use. */

static inline evtchn_port_t unbound_port(void)
{
    return (evtchn_port_t)MUST(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF));
}

static inline evtchn_port_t ipi_port(unsigned int vcpu)
{
    return (evtchn_port_t)MUST(evtchn_bind_ipi(vcpu));
}

static inline evtchn_port_t virq_port(unsigned int virq)
{
    return (evtchn_port_t)MUST(evtchn_bind_virq(virq, 0));
}

/* A channel to ourselves: the end that was bound; *offered is the end that was unbound before. */
static inline evtchn_port_t loopback(evtchn_port_t *offered)
{
    *offered = unbound_port();
    return (evtchn_port_t)MUST(evtchn_bind_interdomain(DOMID_SELF, *offered));
}

/* Of evtchn_set_handler(), with a pointer to a volatile int. */
static inline void count_event(evtchn_port_t port, void *data)
{
    (void)port;
    ++*(volatile int *)data;
}

static inline unsigned int port_state(evtchn_port_t port)
{
    struct evtchn_status status;

    MUST(evtchn_status(port, &status));
    return status.status;
}

#endif
