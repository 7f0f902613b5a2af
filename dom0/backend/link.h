/* SPDX-License-Identifier: MIT */
/*
 * Where a tap leads, made through netlink: onto a bridge, or routed, with or without address translation. All of it is repeated
 * without harm when a device is taken over.
 *
 * - bridge: the tap has no address and asks for none.
 * - route: each of the guest's addresses is routed to the tap, which answers for all that Dom0 has a route to (proxy_arp).
 * - nat: routed, the tap has the gateway's address, and what leaves for elsewhere gets Dom0's address (table `philoxen` of nftables).
 *   LIMIT: IPv4 alone; the guest is not told its address (no DHCP): it stands in the store.
 */
#ifndef BACKEND_LINK_H
#define BACKEND_LINK_H

#include <stddef.h>

enum link_mode { LINK_BRIDGE, LINK_ROUTE, LINK_NAT };

struct link_plan {
    enum link_mode mode;
    const char *name;    /* the tap */
    const char *bridge;  /* "": none */
    const char *ip;      /* the guest's addresses, with blanks or commas between them; "" */
    const char *gateway; /* the tap's own address; "" */
    unsigned mtu;        /* 0: as it is */
};

/* 0, or an errno and what failed in words. */
int link_set_up(const struct link_plan *p, char *why, size_t size);
int link_set_mtu(const char *name, unsigned mtu);
/* What does not go with the tap. */
void link_forget(const struct link_plan *p);

#endif
