/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/netring.c */
/* The network back end's side of its rings: packets of any shape are taken whole, and nothing that cannot be is believed. */
#include "dom0/backend/netring.h"
#include <criterion/criterion.h>
#include <string.h>

static union {
    netif_tx_sring_t tx;
    netif_rx_sring_t rx;
    char page[NET_PAGE];
} shared;
static struct net_tx t;
static struct net_rx r;
static struct net_packet p;
static struct net_reception in;
static const char *why;

/* Xen's header declares the entries as an array of one. */
static union netif_tx_sring_entry *tx_slot(RING_IDX at)
{
    union netif_tx_sring_entry *first = shared.tx.ring;

    return first + (at & (NET_RING - 1));
}

static union netif_rx_sring_entry *rx_slot(RING_IDX at)
{
    union netif_rx_sring_entry *first = shared.rx.ring;

    return first + (at & (NET_RING - 1));
}

static void setup(void)
{
    memset(&shared, 0, sizeof(shared));
    memset(&in, 0, sizeof(in));
    cr_assert(net_tx_start(&t, &shared.tx) && net_rx_start(&r, &shared.rx));
}

TestSuite(netring, .init = setup);

static void sends(uint16_t size, uint16_t offset, uint16_t flags)
{
    RING_IDX at = shared.tx.req_prod++;

    tx_slot(at)->req =
        (netif_tx_request_t){.gref = 1000 + at, .offset = offset, .flags = flags, .id = (uint16_t)(at + 7), .size = size};
}

static void sends_extra(netif_extra_info_t e)
{
    memset(tx_slot(shared.tx.req_prod), 0, sizeof(netif_tx_request_t));
    memcpy(tx_slot(shared.tx.req_prod++), &e, sizeof(e));
}

static netif_extra_info_t gso(uint8_t type, uint16_t size)
{
    return (netif_extra_info_t){.type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso = {.type = type, .size = size}};
}

static void takes(void)
{
    cr_assert(net_tx_look(&t) > 0);
    cr_assert_eq(net_tx_take(&t, &p, &why), NET_PACKET);
}

static void is_broken(void)
{
    cr_assert(net_tx_look(&t) > 0);
    cr_assert_eq(net_tx_take(&t, &p, &why), NET_BROKEN);
}

static netif_tx_response_t answer(unsigned n)
{
    return tx_slot(n)->rsp;
}

Test(netring, an_empty_ring_has_no_packet)
{
    cr_assert_eq(net_tx_look(&t), 0);
    cr_assert_eq(net_tx_take(&t, &p, &why), NET_NOTHING);
    cr_assert(!net_tx_push(&t));
    cr_assert(!net_tx_wait(&t));
    cr_assert_eq(shared.tx.req_event, 1);
}

Test(netring, a_packet_of_one_part_is_taken_and_answered)
{
    shared.tx.rsp_event = 1;
    sends(60, 100, NETTXF_data_validated);
    takes();
    cr_assert(!p.bad && p.frags == 1 && p.size == 60 && p.flags == NETTXF_data_validated && !p.gso_type);
    cr_assert(p.frag[0].ref == 1000 && p.frag[0].offset == 100 && p.frag[0].size == 60);
    net_tx_answer(&t, &p, true);
    cr_assert_eq(shared.tx.rsp_prod, 0, "not before it is shown");
    cr_assert(net_tx_push(&t));
    cr_assert_eq(shared.tx.rsp_prod, 1);
    cr_assert(answer(0).id == 7 && answer(0).status == NETIF_RSP_OKAY);
    cr_assert(!net_tx_push(&t), "nothing new");
}

Test(netring, the_first_part_is_what_the_others_leave)
{
    sends(5000, 96, NETTXF_more_data | NETTXF_csum_blank);
    sends(2000, 0, NETTXF_more_data);
    sends(1000, 3096, 0);
    takes();
    cr_assert(!p.bad && p.frags == 3 && p.size == 5000);
    cr_assert(p.frag[0].size == 2000 && p.frag[1].size == 2000 && p.frag[2].size == 1000 && p.frag[2].offset == 3096);
    net_tx_answer(&t, &p, false);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(answer(i).id == 7 + i && answer(i).status == NETIF_RSP_ERROR);
}

Test(netring, extra_information_stands_after_the_first_part)
{
    sends(9000, 0, NETTXF_more_data | NETTXF_extra_info | NETTXF_csum_blank);
    sends_extra(gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448));
    sends(4096, 0, NETTXF_more_data);
    sends(4000, 0, 0);
    takes();
    cr_assert(!p.bad && p.frags == 3 && p.extras == 1 && p.gso_type == XEN_NETIF_GSO_TYPE_TCPV4 && p.gso_size == 1448);
    net_tx_answer(&t, &p, true);
    cr_assert(answer(1).status == NETIF_RSP_NULL && answer(2).id == 9 && t.rsp_prod == 4);
}

Test(netring, a_list_of_multicast_addresses_is_changed_by_extra_information)
{
    sends(0, 0, NETTXF_extra_info);
    sends_extra((netif_extra_info_t){.type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD, .u.mcast.addr = {1, 0, 0x5e, 0, 0, 1}});
    takes();
    cr_assert(!p.bad && p.multicast == XEN_NETIF_EXTRA_TYPE_MCAST_ADD && p.address[2] == 0x5e);
}

Test(netring, packets_go_over_the_end_of_page_and_of_numbers)
{
    shared.tx.req_prod = shared.tx.rsp_prod = 0xfffffffe;
    cr_assert(net_tx_start(&t, &shared.tx));
    sends(3000, 0, NETTXF_more_data);
    sends(1000, 0, NETTXF_more_data);
    sends(1000, 0, 0);
    takes();
    net_tx_answer(&t, &p, true);
    net_tx_push(&t);
    cr_assert(!p.bad && p.frags == 3 && shared.tx.rsp_prod == 1);
}

Test(netring, another_process_begins_where_the_answers_end)
{
    sends(60, 0, 0);
    sends(61, 0, 0);
    takes();
    net_tx_answer(&t, &p, true);
    net_tx_push(&t);
    takes();
    cr_assert(net_tx_start(&t, &shared.tx));
    takes();
    cr_assert_eq(p.size, 61);
}

Test(netring, one_bad_packet_costs_only_itself)
{
    static const struct {
        uint16_t size, offset, rest, rest_offset;
    } bad[] = {{13, 0, 0, 0}, {100, 4000, 0, 0}, {4097, 0, 0, 0}, {60, 0, 61, 0}, {500, 0, 400, 3697}, {60, 0xffff, 0, 0}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sends(bad[i].size, bad[i].offset, bad[i].rest ? NETTXF_more_data : 0);
        if (bad[i].rest)
            sends(bad[i].rest, bad[i].rest_offset, 0);
        takes();
        cr_assert(p.bad, "%zu", i);
        net_tx_answer(&t, &p, false);
    }
    sends(60, 0, 0);
    takes();
    cr_assert(!p.bad);
}

Test(netring, segmentation_of_unknown_kinds_is_bad)
{
    static const struct {
        uint8_t type;
        uint16_t size;
    } bad[] = {{0, 1448}, {3, 1448}, {255, 1}, {XEN_NETIF_GSO_TYPE_TCPV4, 0}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sends(60, 0, NETTXF_extra_info);
        sends_extra(gso(bad[i].type, bad[i].size));
        takes();
        cr_assert(p.bad);
        net_tx_answer(&t, &p, false);
    }
}

Test(netring, extra_information_that_was_not_offered_is_bad)
{
    static const uint8_t types[] = {XEN_NETIF_EXTRA_TYPE_NONE, XEN_NETIF_EXTRA_TYPE_HASH, XEN_NETIF_EXTRA_TYPE_MAX, 255};

    for (size_t i = 0; i < sizeof(types); i++) {
        sends(60, 0, NETTXF_extra_info);
        sends_extra((netif_extra_info_t){.type = types[i]});
        takes();
        cr_assert(p.bad);
        net_tx_answer(&t, &p, false);
    }
}

Test(netring, a_chain_that_never_ends_breaks_the_ring)
{
    for (int i = 0; i < NET_RING; i++)
        sends(60, 0, NETTXF_more_data);
    is_broken();
}

Test(netring, extra_information_that_never_ends_breaks_the_ring)
{
    sends(60, 0, NETTXF_extra_info);
    for (int i = 1; i < NET_RING; i++)
        sends_extra((netif_extra_info_t){.type = XEN_NETIF_EXTRA_TYPE_GSO, .flags = XEN_NETIF_EXTRA_FLAG_MORE});
    is_broken();
}

Test(netring, a_packet_without_its_end_breaks_the_ring)
{
    sends(600, 0, NETTXF_more_data);
    is_broken();
    setup();
    sends(600, 0, NETTXF_extra_info);
    is_broken();
}

Test(netring, impossible_indices_are_not_believed)
{
    shared.tx.req_prod = NET_RING + 1;
    cr_assert_eq(net_tx_look(&t), -1);
    cr_assert(!net_tx_start(&t, &shared.tx));
    shared.tx.req_prod = (RING_IDX)-1;
    cr_assert_eq(net_tx_look(&t), -1);
    shared.rx.req_prod = NET_RING + 1;
    cr_assert_eq(net_rx_look(&r), -1);
    cr_assert(!net_rx_start(&r, &shared.rx));
}

Test(netring, own_indices_are_not_read_from_the_page)
{
    sends(60, 0, 0);
    takes();
    shared.tx.rsp_prod = 99;
    net_tx_answer(&t, &p, true);
    net_tx_push(&t);
    cr_assert_eq(shared.tx.rsp_prod, 1);
}

Test(netring, a_request_that_comes_while_going_to_sleep_is_seen)
{
    cr_assert(!net_tx_wait(&t));
    sends(60, 0, 0);
    cr_assert(net_tx_wait(&t));
}

Test(netring, a_guest_that_wants_no_event_gets_none)
{
    shared.tx.rsp_event = 2;
    for (int i = 0; i < 3; i++) {
        sends(60, 0, 0);
        takes();
        net_tx_answer(&t, &p, true);
        cr_assert_eq(net_tx_push(&t), i == 1, "%d", i);
    }
}

static void offers(unsigned n)
{
    for (; n; n--) {
        RING_IDX at = shared.rx.req_prod++;

        rx_slot(at)->req = (netif_rx_request_t){.gref = 5000 + at, .id = (uint16_t)(at & (NET_RING - 1))};
    }
    cr_assert(net_rx_look(&r) >= 0);
}

static netif_rx_response_t got(unsigned n)
{
    return rx_slot(n)->rsp;
}

Test(netring, a_small_packet_takes_one_buffer)
{
    offers(2);
    in.size = 1514;
    in.flags = NETRXF_csum_blank | NETRXF_data_validated;
    cr_assert(net_rx_take(&r, &in));
    cr_assert(in.slots == 1 && in.slot[0].ref == 5000 && in.slot[0].size == 1514);
    net_rx_answer(&r, &in, true);
    cr_assert(got(0).status == 1514 && got(0).flags == in.flags && got(0).id == 0 && got(0).offset == 0);
}

Test(netring, a_packet_to_be_cut_up_says_so_in_its_second_slot)
{
    netif_extra_info_t e;

    offers(4);
    in = (struct net_reception){.size = 9000, .gso_type = XEN_NETIF_GSO_TYPE_TCPV6, .gso_size = 1428};
    cr_assert(net_rx_take(&r, &in));
    cr_assert(in.slots == 4 && in.slot[2].ref == 5002 && in.slot[3].size == 9000 - 2 * 4096);
    net_rx_answer(&r, &in, true);
    memcpy(&e, rx_slot(1), sizeof(e));
    cr_assert(e.type == XEN_NETIF_EXTRA_TYPE_GSO && !e.flags && e.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && e.u.gso.size == 1428);
    cr_assert_eq(got(0).flags, NETRXF_more_data | NETRXF_extra_info);
    cr_assert(got(2).flags == NETRXF_more_data && got(2).status == 4096 && got(2).id == 2);
    cr_assert(got(3).flags == 0 && got(3).status == 808);
}

Test(netring, a_packet_to_be_cut_up_may_fit_one_page)
{
    offers(2);
    in = (struct net_reception){.size = 3000, .gso_type = XEN_NETIF_GSO_TYPE_TCPV4, .gso_size = 1000};
    cr_assert(net_rx_take(&r, &in));
    net_rx_answer(&r, &in, true);
    cr_assert(in.slots == 2 && got(0).flags == NETRXF_extra_info && got(0).status == 3000);
}

Test(netring, too_few_buffers_are_not_begun)
{
    offers(2);
    in.size = 9000;
    cr_assert(!net_rx_take(&r, &in));
    cr_assert(!net_rx_wait(&r, in.slots));
    cr_assert_eq(shared.rx.req_event, 3);
    offers(1);
    cr_assert(net_rx_wait(&r, in.slots) && net_rx_take(&r, &in));
}

Test(netring, the_largest_packet_fits_and_a_larger_one_is_refused)
{
    offers(NET_RING);
    in = (struct net_reception){.size = NET_FRAME_MAX, .gso_type = XEN_NETIF_GSO_TYPE_TCPV4, .gso_size = 1448};
    cr_assert(net_rx_take(&r, &in) && in.slots == NET_RX_SLOTS);
    in.size = NET_FRAME_MAX + 1;
    cr_assert(!net_rx_take(&r, &in));
}

Test(netring, a_failed_copy_is_an_error_in_every_slot)
{
    offers(3);
    shared.rx.rsp_event = 3;
    in.size = 9000;
    cr_assert(net_rx_take(&r, &in));
    net_rx_answer(&r, &in, false);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(got(i).status == NETIF_RSP_ERROR && got(i).flags == (i < 2 ? NETRXF_more_data : 0));
    cr_assert(net_rx_push(&r) && shared.rx.rsp_prod == 3);
}
