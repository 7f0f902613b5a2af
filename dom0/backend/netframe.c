/* SPDX-License-Identifier: MIT */
#include "netframe.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

enum { VLANS = 2, IP6_HEADERS = 8 };

/* Where a frame's TCP or UDP begins. */
struct where {
    uint8_t version, protocol; /* 4 or 6; IPPROTO_TCP or IPPROTO_UDP */
    size_t transport;
};

static unsigned be16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static bool find_ip4(const uint8_t *f, size_t size, size_t at, struct where *w)
{
    size_t header;

    if (size < at + 20 || f[at] >> 4 != 4)
        return false;
    header = (size_t)(f[at] & 15) * 4;
    if (header < 20 || be16(f + at + 6) & 0x3fff) /* a fragment has no checksum of its own */
        return false;
    *w = (struct where){.version = 4, .protocol = f[at + 9], .transport = at + header};
    return true;
}

static bool find_ip6(const uint8_t *f, size_t size, size_t at, struct where *w)
{
    uint8_t next;

    if (size < at + 40 || f[at] >> 4 != 6)
        return false;
    next = f[at + 6];
    at += 40;
    for (int i = 0; i < IP6_HEADERS; i++) {
        if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
            break;
        if (size < at + 8)
            return false;
        next = f[at];
        at += ((size_t)f[at + 1] + 1) * 8;
    }
    *w = (struct where){.version = 6, .protocol = next, .transport = at};
    return true;
}

static bool find_transport(const uint8_t *f, size_t size, struct where *w)
{
    size_t at = 12;
    bool found;

    for (int i = 0; i < VLANS && size >= at + 6 && (be16(f + at) == ETH_P_8021Q || be16(f + at) == ETH_P_8021AD); i++)
        at += 4;
    if (size < at + 2)
        return false;
    switch (be16(f + at)) {
    case ETH_P_IP: found = find_ip4(f, size, at + 2, w); break;
    case ETH_P_IPV6: found = find_ip6(f, size, at + 2, w); break;
    default: found = false;
    }
    return found && ((w->protocol == IPPROTO_TCP && size >= w->transport + 20) ||
                     (w->protocol == IPPROTO_UDP && size >= w->transport + 8));
}

bool netframe_to_tap(const uint8_t *frame, size_t size, uint16_t flags, uint8_t gso_type, uint16_t gso_size, struct virtio_net_hdr *h)
{
    struct where w;
    size_t header;

    memset(h, 0, sizeof(*h));
    if (!(flags & NETTXF_csum_blank) && gso_type == XEN_NETIF_GSO_TYPE_NONE) {
        h->flags = flags & NETTXF_data_validated ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
        return true;
    }
    if (!find_transport(frame, size, &w))
        return false;
    h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    h->csum_start = (uint16_t)w.transport;
    h->csum_offset = w.protocol == IPPROTO_TCP ? 16 : 6;
    if (gso_type == XEN_NETIF_GSO_TYPE_NONE)
        return true;
    if (w.protocol != IPPROTO_TCP || w.version != (gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? 4 : 6))
        return false;
    header = w.transport + (size_t)(frame[w.transport + 12] >> 4) * 4;
    if (header < w.transport + 20 || header > size)
        return false;
    h->gso_type = w.version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
    h->gso_size = gso_size;
    h->hdr_len = (uint16_t)header;
    return true;
}

/* The sum over the rest of the frame; what stands in the checksum's place is the pseudo header's. */
static bool make_checksum(uint8_t *frame, size_t size, size_t start, size_t offset)
{
    uint32_t sum = 0;
    size_t i;

    if (start + offset + 2 > size)
        return false;
    for (i = start; i + 1 < size; i += 2)
        sum += be16(frame + i);
    if (i < size)
        sum += (uint32_t)frame[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    if (!sum)
        sum = 0xffff; /* for UDP zero means none */
    frame[start + offset] = (uint8_t)(sum >> 8);
    frame[start + offset + 1] = (uint8_t)sum;
    return true;
}

static bool may_leave_checksum(const uint8_t *frame, size_t size, const struct virtio_net_hdr *h, const struct netframe_wants *w)
{
    struct where at;

    return find_transport(frame, size, &at) && at.transport == h->csum_start && (at.version == 4 ? w->csum4 : w->csum6) &&
           h->csum_offset == (at.protocol == IPPROTO_TCP ? 16 : 6);
}

bool netframe_from_tap(uint8_t *frame, size_t size, const struct virtio_net_hdr *h, const struct netframe_wants *w, struct net_reception *p)
{
    uint8_t gso = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
    bool blank = h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && may_leave_checksum(frame, size, h, w);

    p->size = (uint32_t)size;
    p->flags = blank ? NETRXF_csum_blank | NETRXF_data_validated : 0;
    p->gso_type = XEN_NETIF_GSO_TYPE_NONE;
    p->gso_size = h->gso_size;
    if (gso != VIRTIO_NET_HDR_GSO_NONE) {
        /* Asked for with TUNSETOFFLOAD: what still comes was queued before that. */
        if (!blank || !h->gso_size || !(gso == VIRTIO_NET_HDR_GSO_TCPV4 ? w->tso4 : gso == VIRTIO_NET_HDR_GSO_TCPV6 && w->tso6))
            return false;
        p->gso_type = gso == VIRTIO_NET_HDR_GSO_TCPV4 ? XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
    }
    if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !blank)
        return make_checksum(frame, size, h->csum_start, h->csum_offset);
    if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID)
        p->flags |= NETRXF_data_validated;
    return true;
}
