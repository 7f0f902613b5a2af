/* SPDX-License-Identifier: MIT */
/*
 * What a frame says of itself beside its bytes, as netif has it (flags in the ring) and as a tap has it (a header before the frame): a
 * checksum that is still to be made, and into which segments TCP's data is to be cut. A tap wants to be told where the checksum stands,
 * netif's receivers look for it themselves. The bytes are this process's own copy; they are the guest's words all the same.
 */
#ifndef BACKEND_NETFRAME_H
#define BACKEND_NETFRAME_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "netring.h"

/* What a front end takes. */
struct netframe_wants {
    bool csum4, csum6; /* frames whose TCP or UDP checksum is not made yet, over IPv4 and over IPv6 */
    bool tso4, tso6;   /* TCP to be cut up */
};

/* The tap's header for a frame of the guest's; flags: NETTXF_*. false: the frame is not what they say. */
bool netframe_to_tap(const uint8_t *frame, size_t size, uint16_t flags, uint8_t gso_type, uint16_t gso_size, struct virtio_net_hdr *h);
/* What the guest is told of a frame; a checksum that it does not want to make is made here. false: it cannot have this frame. */
bool netframe_from_tap(uint8_t *frame, size_t size, const struct virtio_net_hdr *h, const struct netframe_wants *w, struct net_reception *p);

#endif
