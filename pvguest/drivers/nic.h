/* SPDX-License-Identifier: MIT */
/*
 * A network card as its two files see it: netfront.c talks to the store, netring.c to the rings.
 *
 * Page i of each side belongs to ring position i. Sending: ids are handed out from a list, because the back end may
 * answer in any order. Receiving: it answers in order, each position with its own request.
 */
#ifndef PVGUEST_NIC_H
#define PVGUEST_NIC_H

#include "frontring.h"
#include "netfront.h"
#include "xenbus.h"

#include <xen/io/netif.h>

#define NIC_ENTRIES 256u
#define NIC_PARTS_MAX 20u                 /* pages of one received frame */
#define NIC_SLOTS_MAX (NIC_PARTS_MAX + 4) /* with extra information */

union nic_tx {
    struct netif_tx_request request;
    struct netif_tx_response response;
    struct netif_extra_info extra;
};

union nic_rx {
    struct netif_rx_request request;
    struct netif_rx_response response;
    struct netif_extra_info extra;
};

struct nic_page {
    char *page;
    grant_ref_t ref;
    bool granted;
    bool out; /* sending: the back end has it */
    uint16_t next_free;
};

struct nic_side {
    struct front_ring ring;
    char *ring_page;
    grant_ref_t ring_ref;
    evtchn_port_t port;
    struct nic_page pages[NIC_ENTRIES];
};

struct net {
    struct xenbus_device bus;
    bool attached;
    bool up;
    struct nic_side tx, rx;
    bool split, checksums, tso, sg;
    uint8_t mac[6];
    unsigned int mtu;

    uint16_t tx_free; /* NIC_ENTRIES: none */
    unsigned int tx_free_count;

    /* The frame that net_next() found. */
    struct net_frame frame;
    unsigned int slots; /* ring positions it takes; 0: none */
    unsigned int parts;
    struct {
        uint16_t page, offset, length;
    } part[NIC_PARTS_MAX];
    struct net_count counts;
};

/* netring.c; the pages are granted */
void nic_start(struct net *n);

#endif
