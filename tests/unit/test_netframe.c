/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/netframe.c */
/* Checksums and segmentation between netif's words and a tap's. */
#include "dom0/backend/netframe.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint8_t frame[2000];
static struct virtio_net_hdr h;
static struct net_reception p;
static const struct netframe_wants all = {true, true, true, true}, none;

static void setup(void)
{
    memset(frame, 0, sizeof(frame));
    memset(&h, 0, sizeof(h));
    memset(&p, 0, sizeof(p));
}

TestSuite(netframe, .init = setup);

static size_t ip4(size_t at, uint8_t protocol)
{
    frame[at - 2] = 8;
    frame[at - 1] = 0;
    frame[at] = 0x45;
    frame[at + 9] = protocol;
    if (protocol == 6)
        frame[at + 20 + 12] = 8 << 4;
    return at + 20;
}

static size_t ip6(size_t at, uint8_t next)
{
    frame[at - 2] = 0x86;
    frame[at - 1] = 0xdd;
    frame[at] = 0x60;
    frame[at + 6] = next;
    if (next == 6)
        frame[at + 40 + 12] = 5 << 4;
    return at + 40;
}

static bool to_tap(size_t size, uint16_t flags, uint8_t gso)
{
    return netframe_to_tap(frame, size, flags, gso, 1448, &h);
}

Test(netframe, a_frame_with_all_its_checksums_needs_no_words)
{
    cr_assert(to_tap(60, 0, 0) && !h.flags && !h.gso_type);
    cr_assert(to_tap(60, NETTXF_data_validated, 0) && h.flags == VIRTIO_NET_HDR_F_DATA_VALID);
}

Test(netframe, a_blank_checksum_is_found)
{
    ip4(14, 17);
    cr_assert(to_tap(60, NETTXF_csum_blank, 0));
    cr_assert(h.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && h.csum_start == 34 && h.csum_offset == 6);
    ip4(14, 6);
    cr_assert(to_tap(60, NETTXF_csum_blank, 0) && h.csum_start == 34 && h.csum_offset == 16);
    ip6(14, 6);
    cr_assert(to_tap(80, NETTXF_csum_blank, 0) && h.csum_start == 54 && h.csum_offset == 16);
}

Test(netframe, tags_and_headers_between_are_stepped_over)
{
    frame[12] = 0x81;
    ip4(18, 6);
    cr_assert(to_tap(80, NETTXF_csum_blank, 0) && h.csum_start == 38);
    setup();
    ip6(14, 0);
    frame[54] = 60; /* hop-by-hop, 8 bytes; then options, 16 bytes; then UDP */
    frame[62] = 17;
    frame[63] = 1;
    cr_assert(to_tap(100, NETTXF_csum_blank, 0) && h.csum_start == 78 && h.csum_offset == 6);
}

Test(netframe, a_blank_checksum_where_there_is_none_is_refused)
{
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "no IP");
    ip4(14, 1);
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "ICMP");
    ip4(14, 6);
    cr_assert(!to_tap(53, NETTXF_csum_blank, 0), "cut off");
    frame[14] = 0x4f;
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "options that reach over the end");
    frame[14] = 0x41;
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "a header that is too short");
    ip4(14, 6);
    frame[20] = 0x20;
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "a fragment");
    setup();
    ip6(14, 0);
    cr_assert(!to_tap(60, NETTXF_csum_blank, 0), "headers without end");
}

Test(netframe, segmentation_has_its_header)
{
    ip4(14, 6);
    cr_assert(to_tap(1500, 0, XEN_NETIF_GSO_TYPE_TCPV4));
    cr_assert(h.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && h.gso_type == VIRTIO_NET_HDR_GSO_TCPV4 && h.gso_size == 1448 && h.hdr_len == 66);
    ip6(14, 6);
    cr_assert(to_tap(1500, 0, XEN_NETIF_GSO_TYPE_TCPV6) && h.gso_type == VIRTIO_NET_HDR_GSO_TCPV6 && h.hdr_len == 74);
}

Test(netframe, segmentation_of_something_else_is_refused)
{
    ip4(14, 17);
    cr_assert(!to_tap(1500, 0, XEN_NETIF_GSO_TYPE_TCPV4));
    uint8_t *cut = malloc(42); /* ends with the UDP header */
    memcpy(cut, frame, 42);
    cr_assert(!netframe_to_tap(cut, 42, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1448, &h));
    free(cut);
    ip4(14, 6);
    cr_assert(!to_tap(1500, 0, XEN_NETIF_GSO_TYPE_TCPV6));
    cr_assert(!to_tap(60, 0, XEN_NETIF_GSO_TYPE_TCPV4), "the header does not end");
    frame[34 + 12] = 0;
    cr_assert(!to_tap(1500, 0, XEN_NETIF_GSO_TYPE_TCPV4), "a header of nothing");
}

Test(netframe, a_guest_that_makes_checksums_gets_them_blank)
{
    ip4(14, 6);
    h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
    cr_assert(netframe_from_tap(frame, 60, &h, &all, &p));
    cr_assert(p.size == 60 && p.flags == (NETRXF_csum_blank | NETRXF_data_validated) && !p.gso_type);
    h.flags = VIRTIO_NET_HDR_F_DATA_VALID;
    cr_assert(netframe_from_tap(frame, 60, &h, &none, &p) && p.flags == NETRXF_data_validated);
}

Test(netframe, for_one_that_does_not_they_are_made)
{
    ip4(14, 17);
    for (int i = 34; i < 55; i++)
        frame[i] = (uint8_t)i; /* an odd number of bytes */
    h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6};
    cr_assert(netframe_from_tap(frame, 55, &h, &none, &p) && !p.flags);
    uint32_t sum = 0;
    for (int i = 34; i < 56; i += 2)
        sum += (uint32_t)frame[i] << 8 | (i + 1 < 55 ? frame[i + 1] : 0);
    /* With the checksum in its place and the pseudo header's sum, which stood there before, all is zero. */
    cr_assert_eq((sum + 0x2829) % 0xffff, 0);
}

Test(netframe, a_checksum_outside_the_frame_is_refused)
{
    h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 50, .csum_offset = 9};
    cr_assert(!netframe_from_tap(frame, 60, &h, &none, &p));
    h.csum_start = 0xffff;
    cr_assert(!netframe_from_tap(frame, 60, &h, &all, &p));
}

Test(netframe, segments_go_to_who_wants_them)
{
    const struct netframe_wants only6 = {.csum4 = true, .csum6 = true, .tso6 = true};

    ip4(14, 6);
    h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16,
                                .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, .gso_size = 1448};
    cr_assert(netframe_from_tap(frame, 1800, &h, &all, &p) && p.gso_type == XEN_NETIF_GSO_TYPE_TCPV4 && p.gso_size == 1448);
    cr_assert(!netframe_from_tap(frame, 1800, &h, &only6, &p));
    h.gso_type = VIRTIO_NET_HDR_GSO_UDP;
    cr_assert(!netframe_from_tap(frame, 1800, &h, &all, &p));
}
