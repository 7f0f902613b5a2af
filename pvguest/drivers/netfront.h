/* SPDX-License-Identifier: MIT */
/*
 * Network cards: the front end of xen/io/netif.h, for whole Ethernet frames.
 *
 *     struct net *net = net_open(0, time_ns() + 10 * NS_PER_SEC);
 *     net_send(net, &(struct net_part){frame, length}, 1, NULL);
 *     if (net_next(net, &f)) { net_copy(net, 0, buffer, f.length); net_done(net); }
 *
 * Frames are copied from and to pages of ours that stay granted for the connection's life, so sending costs no grant
 * operation. Received data is looked at only after it was copied out: the back end could change it before.
 *
 * A frame may be larger than the MTU (up to NET_FRAME_MAX) when it is one TCP segment over IPv4 that the back end shall
 * cut (net_tso()), and a received one may be such as well. Checksums of TCP and UDP over IPv4 may be left to the other
 * side: then the field holds the sum of the pseudo header.
 *
 * When the back end goes away and comes again, frames on the way are lost, as on a wire.
 *
 * LIMIT: one queue, no IPv6 offload, no multicast lists, no hashes.
 */
#ifndef PVGUEST_NETFRONT_H
#define PVGUEST_NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_FRAME_MAX 65535u

struct net;

/* The nth card in the order of device numbers, once it is connected; NULL: not before the deadline. */
struct net *net_open(unsigned int n, uint64_t deadline);

unsigned int net_id(const struct net *n);
bool net_connected(const struct net *n);
const char *net_dead(const struct net *n);
/* It was detached. */
bool net_gone(const struct net *n);
const uint8_t *net_mac(const struct net *n);
unsigned int net_mtu(const struct net *n);
/* What the back end does for us: checksums over IPv4, cutting of TCP segments. */
bool net_checksums(const struct net *n);
bool net_tso(const struct net *n);
/* What the back end's folder says: "ip", "gateway"; false: nothing. */
bool net_back_key(struct net *n, const char *key, char *out, size_t size);
/* The ways of this connection, in words. */
void net_describe(const struct net *n, char *out, size_t size);

/* ---- Sending ---- */
struct net_part {
    const void *data;
    size_t length;
};

struct net_offload {
    bool checksum;         /* the other side makes it */
    uint16_t segment_size; /* TCP over IPv4, cut into segments of so much data; 0: as it is */
};

/* 0, -XEN_EAGAIN: no room now (net_room() tells), -XEN_EINVAL, -XEN_ENODEV, -XEN_EIO. */
long net_send(struct net *n, const struct net_part *parts, unsigned int count,
              const struct net_offload *o);
/* Can a frame of the largest size go now? */
bool net_room(struct net *n);

/* ---- Receiving ---- */
struct net_frame {
    size_t length;
    bool checksum_blank;   /* the sender left it to the wire */
    bool checked;          /* somebody has looked at it: it need not be looked at again */
    uint16_t segment_size; /* not 0: it was put together from such segments */
};

/* The next one, which stays until net_done(); false: there is none. Also part of a thread's condition: net_ready(). */
bool net_next(struct net *n, struct net_frame *f);
bool net_ready(struct net *n);
void net_copy(const struct net *n, size_t offset, void *to, size_t size);
void net_done(struct net *n);

/* Frames and bytes so far. */
struct net_count {
    uint64_t sent, received, sent_bytes, received_bytes, dropped;
};
struct net_count net_counts(const struct net *n);

#endif
