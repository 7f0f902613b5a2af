/* SPDX-License-Identifier: MIT */
/*
 * The store's ring, with messages on it. Positions are kept here and only written to the page: what the
 * page says about ours shows that the other side began anew, nothing else.
 */
#ifndef PVGUEST_STORERING_H
#define PVGUEST_STORERING_H

#include "xen.h"

#include <xen/io/xs_wire.h>

struct store_ring {
    struct xenstore_domain_interface *page;
    evtchn_port_t port;
    uint32_t req_prod, rsp_cons;
    const char *broken; /* why nothing can be read or written until a reconnection */
    bool anew;          /* the other side began anew: what was under way is lost */

    struct xsd_sockmsg head;
    uint32_t had; /* bytes of the message that is coming in */
    char payload[XENSTORE_PAYLOAD_MAX + 1];
};

/* Finds the page; false if there is none. */
bool store_ring_init(struct store_ring *r);
/* Writes as much as there is room for. */
size_t store_ring_write(struct store_ring *r, const void *data, size_t n);
/* True: a whole message is in head and payload, with a zero behind it; the next call begins another. */
bool store_ring_message(struct store_ring *r);
void store_ring_notify(struct store_ring *r);

/* Asks for a clean connection, if the other side knows how; store_ring_connected() tells when. */
bool store_ring_reconnect(struct store_ring *r);
bool store_ring_connected(void *ring);
/* After it is connected. */
void store_ring_reset(struct store_ring *r);

#endif
