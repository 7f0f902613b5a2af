/* SPDX-License-Identifier: MIT */
/*
 * The two rings of a network device's queue: `tx` brings what the guest sends, `rx` the buffers for what it is to receive.
 *
 * 1. Everything in the shared pages may change at any time, and may be a lie: an index or a request is read once, into this side's
 *    memory, and only that copy is checked and used. Our own indices are kept here and not read again.
 * 2. What is wrong with one packet costs that packet (`bad` says what); a ring whose extent cannot be told any more is broken, which it
 *    stays: the caller cuts the device off.
 * 3. Packets are answered whole and in the order in which they were taken. So the shared rsp_prod is all that another process needs to
 *    go on: a packet that was taken and not answered is there again.
 * 4. An answer to a received packet's slot stands in the place of the request that it used: Linux's front end counts on it.
 */
#ifndef BACKEND_NETRING_H
#define BACKEND_NETRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/netif.h>

enum {
    NET_PAGE = 4096,
    NET_RING = 256,       /* entries of either ring */
    NET_TX_FRAGS = 20,    /* more are refused; a front end may use 18 */
    NET_TX_EXTRAS = 4,    /* one of each kind there is */
    NET_RX_SLOTS = 18,    /* 65,535 bytes of IP with their Ethernet header, and how to cut them up */
    NET_FRAME_MIN = 14,   /* an Ethernet header */
    NET_FRAME_MAX = 69632 /* NET_RX_SLOTS - 1 pages */
};

enum net_take { NET_NOTHING, NET_PACKET, NET_BROKEN };

struct net_frag {
    grant_ref_t ref;
    uint16_t offset, size, id;
};

/* What the guest sends. */
struct net_packet {
    const char *bad; /* why it is not sent but answered with an error, or NULL */
    uint32_t size;   /* the sum of its frags' sizes */
    uint16_t flags;  /* NETTXF_*, of its first request */
    uint16_t gso_size;
    uint8_t gso_type;  /* XEN_NETIF_GSO_TYPE_*; NONE: it is not to be cut up */
    uint8_t multicast; /* XEN_NETIF_EXTRA_TYPE_MCAST_*: no packet, but a change of its list of addresses; 0: a packet */
    uint8_t address[6];
    unsigned extras, frags;
    struct net_frag frag[NET_TX_FRAGS];
};

struct net_tx {
    netif_tx_sring_t *ring;
    RING_IDX req_prod, req_cons, rsp_prod, pushed;
};

/* Goes on where the page says that the last process stopped. false: the page says what cannot be. */
bool net_tx_start(struct net_tx *t, netif_tx_sring_t *ring);
/* Looks how far the guest is; how many requests wait, or -1: an impossible index. */
int net_tx_look(struct net_tx *t);
/* The next packet of what net_tx_look() saw. NET_BROKEN: *why says why. */
enum net_take net_tx_take(struct net_tx *t, struct net_packet *p, const char **why);
/* The answer to a packet that was taken, in the order of taking. */
void net_tx_answer(struct net_tx *t, const struct net_packet *p, bool sent);
/* Shows the answers to the guest; whether it wants to be told. */
bool net_tx_push(struct net_tx *t);
/* Asks for an event when a request comes; true: one has come already. */
bool net_tx_wait(struct net_tx *t);

/* One buffer of the guest's, or, with size 0, what says how to cut the packet up. */
struct net_slot {
    grant_ref_t ref;
    uint16_t id, size;
};

/* What the guest receives; the caller fills in the first four. */
struct net_reception {
    uint32_t size;
    uint16_t flags; /* NETRXF_csum_blank and NETRXF_data_validated */
    uint16_t gso_size;
    uint8_t gso_type;
    unsigned slots;
    struct net_slot slot[NET_RX_SLOTS];
};

struct net_rx {
    netif_rx_sring_t *ring;
    RING_IDX req_prod, req_cons, rsp_prod, pushed;
};

bool net_rx_start(struct net_rx *r, netif_rx_sring_t *ring);
/* Looks how many buffers the guest offers: -1: an impossible index. */
int net_rx_look(struct net_rx *r);
unsigned net_rx_needs(uint32_t size, bool gso);
/* Takes the buffers for a packet: false when net_rx_look() did not see as many. */
bool net_rx_take(struct net_rx *r, struct net_reception *p);
void net_rx_answer(struct net_rx *r, const struct net_reception *p, bool copied);
bool net_rx_push(struct net_rx *r);
/* Asks for an event when there are so many buffers; true: there are already. */
bool net_rx_wait(struct net_rx *r, unsigned slots);

#endif
