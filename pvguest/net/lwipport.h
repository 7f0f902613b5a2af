/* SPDX-License-Identifier: MIT */
/*
 * lwIP over a network card (netfront.h). Everything of lwIP runs on the one thread that called lwip_port_start(), inside
 * lwip_port_wait(): callbacks of lwIP, timers, what comes in.
 *
 * TCP checksums are left to the back end if it makes them, and so is the cutting of segments: lwip_port_large_segments()
 * lets a connection write segments of many times its MSS, each one frame for the back end to cut (TSO).
 */
#ifndef PVGUEST_LWIPPORT_H
#define PVGUEST_LWIPPORT_H

#include "netfront.h"
#include "threads.h"

#include <lwip/ip4_addr.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>

/* Address "10.0.0.2/24", gateway "10.0.0.1" or NULL; address NULL: by DHCP. False: the address is none. */
bool lwip_port_start(struct net *net, const char *address, const char *gateway);
/* Does lwIP's work until ready(arg), the deadline or the card's end: true if it is ready. */
bool lwip_port_wait(thread_ready_t *ready, void *arg, uint64_t deadline);
/* True once there is an address. */
bool lwip_port_has_address(void *unused);
const struct netif *lwip_port_netif(void);
void lwip_port_large_segments(struct tcp_pcb *pcb);

#endif
