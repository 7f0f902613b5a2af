/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/netqueue.c dom0/backend/linger.c dom0/backend/netring.c dom0/backend/netframe.c dom0/backend/netcredit.c */
/* A queue of a network card between a guest's rings and a tap, for which a pair of sockets stands here. */
#include "dom0/backend/netqueue.h"
#include "dom0/backend/netcredit.h"
#include "dom0/backend/turn.h"
#include "dom0/lib/log.h"
#include "fake_area.h"
#include "fake_tapio.h"
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xengnttab.h>

enum { PAGES = 600 };

static uint8_t pages[PAGES][NET_PAGE] __attribute__((aligned(NET_PAGE)));
static netif_tx_sring_t *tx = (void *)pages[0];
static netif_rx_sring_t *rx = (void *)pages[1];
static struct device device = {.domid = 7};
static struct nic nic;
static struct queue *q;
static int wire; /* the other end of the tap */
static unsigned killed, notified, tells, given, unmasked, batches, timers, crossings, streams;
static void (*guest_turn)(void); /* what the guest does when it is given the processor */
static bool refused;

/* ---- the core ---- */

void turn_round(bool stream)
{
    streams += stream;
}

void device_kill(struct device *d, const char *format, ...)
{
    (void)format;
    killed++;
    for (unsigned i = 0; i < nic.queues; i++)
        netqueue_close(nic.queue[i]);
    nic.queues = 0;
    (void)d;
}

const char *device_name(const struct device *d)
{
    (void)d;
    return "qnic 7/0";
}

void log_line(int level, const char *format, ...)
{
    (void)level;
    (void)format;
}

int port_bind(struct port *p, unsigned domid, uint32_t remote)
{
    p->local = (int)remote;
    return domid == 7 ? 0 : ENOENT;
}

void port_unbind(struct port *p)
{
    p->local = -1;
}

void port_unmask(struct port *p)
{
    (void)p;
    unmasked++;
}

void port_notify(struct port *p)
{
    (void)p;
    notified++;
}

void ports_notify(struct port *const *p, unsigned n, bool give)
{
    for (unsigned i = 0; i < n; i++)
        port_notify(p[i]);
    tells++;
    given += give;
    if (give && guest_turn)
        guest_turn();
}

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    return domid == 7 && n == 1 && write && refs[0] < PAGES ? pages[refs[0]] : NULL;
}

void grants_unmap(void *at, unsigned n)
{
    (void)at;
    (void)n;
}

int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n)
{
    batches += n > 0;
    for (; n; n--, s++) {
        bool in = s->flags == GNTCOPY_source_gref;
        uint32_t ref = in ? s->source.foreign.ref : s->dest.foreign.ref, offset = in ? s->source.foreign.offset : s->dest.foreign.offset;

        s->status = ref < PAGES && offset + s->len <= NET_PAGE ? GNTST_okay : GNTST_bad_gntref;
        crossings += in && (uintptr_t)s->dest.virt % NET_PAGE + s->len > NET_PAGE;
        if (s->status == GNTST_okay && in)
            memcpy(s->dest.virt, pages[ref] + offset, s->len);
        else if (s->status == GNTST_okay)
            memcpy(pages[ref] + offset, s->source.virt, s->len);
    }
    return refused ? EFAULT : 0;
}

int loop_add(int fd, struct source *s, uint32_t events)
{
    timers += s == &nic.timer_source;
    (void)fd;
    (void)events;
    return 0;
}

void loop_remove(int fd)
{
    (void)fd;
}

void loop_bury(struct source *s)
{
    free(s);
}

/* ---- the guest and the line ---- */

static void setup(void)
{
    const uint32_t refs[2] = {0, 1}, ports[2] = {3, 4};
    const char *what;
    int ends[2];

    memset(pages, 0, sizeof(pages));
    tx->rsp_event = rx->rsp_event = 1;
    cr_assert(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
    wire = ends[1];
    nic = (struct nic){.device = &device, .tap = ends[0], .timer = -1, .wants = {true, true, true, true}, .largest = NET_FRAME_MAX, .queues = 1};
    q = nic.queue[0] = calloc(1, sizeof(*q));
    q->nic = &nic;
    q->tap = ends[0];
    killed = notified = tells = given = unmasked = batches = timers = streams = 0;
    refused = false;
    cr_assert(!netqueue_start() && !netqueue_open(q, refs, ports, &what));
    netqueue_wake(q);
    cr_assert(!netqueue_round());
}

TestSuite(netqueue, .init = setup);

static void rounds(void)
{
    int n = 100;

    while (netqueue_round() && n)
        n--;
    cr_assert(n, "it does not come to rest");
}

static netif_tx_request_t *tx_next(void)
{
    union netif_tx_sring_entry *first = tx->ring;

    return &first[tx->req_prod++ & (NET_RING - 1)].req;
}

static netif_tx_response_t tx_answer(RING_IDX at)
{
    union netif_tx_sring_entry *first = tx->ring;

    return first[at & (NET_RING - 1)].rsp;
}

static netif_rx_response_t rx_answer(RING_IDX at)
{
    union netif_rx_sring_entry *first = rx->ring;

    return first[at & (NET_RING - 1)].rsp;
}

/* A frame of `size` bytes in the pages from `ref` on. */
static void sends(uint32_t ref, uint16_t size)
{
    uint16_t left = size;

    for (bool first = true; first || left; first = false) {
        uint16_t part = left < NET_PAGE ? left : NET_PAGE;

        memset(pages[ref], (int)ref, part);
        left -= part;
        *tx_next() = (netif_tx_request_t){.gref = ref, .id = (uint16_t)(ref + 1), .size = first ? size : part, .flags = left ? NETTXF_more_data : 0};
        ref++;
    }
}

static void kicks(void)
{
    q->tx_port.event(&q->tx_port);
}

static void offers(unsigned n)
{
    union netif_rx_sring_entry *first = rx->ring;

    for (; n; n--, rx->req_prod++)
        first[rx->req_prod & (NET_RING - 1)].req = (netif_rx_request_t){.id = (uint16_t)(rx->req_prod & 255), .gref = 300 + (rx->req_prod & 255)};
}

static uint8_t frame[80000];

static ssize_t arrives(void)
{
    return recv(wire, frame, sizeof(frame), 0);
}

static void comes(size_t size, uint8_t fill)
{
    memset(frame, 0, sizeof(struct virtio_net_hdr));
    memset(frame + sizeof(struct virtio_net_hdr), fill, size);
    cr_assert_eq(send(wire, frame, sizeof(struct virtio_net_hdr) + size, 0), (ssize_t)(sizeof(struct virtio_net_hdr) + size));
    tap_watch_look(q->watch);
}

Test(netqueue, what_the_guest_sends_arrives)
{
    sends(10, 60);
    sends(20, 9000);
    kicks();
    rounds();
    cr_assert_eq(arrives(), 10 + 60);
    cr_assert(frame[10] == 10 && frame[69] == 10);
    cr_assert_eq(arrives(), 10 + 9000);
    cr_assert(frame[10] == 20 && frame[10 + 4096] == 21 && frame[10 + 8999] == 22);
    cr_assert_eq(batches, 1, "one call for all");
    cr_assert(tx->rsp_prod == 4 && tx_answer(3).id == 23 && tx_answer(3).status == NETIF_RSP_OKAY);
    cr_assert(notified == 1 && unmasked == 1 && tx->req_event == 5);
}

static void answers(void)
{
    sends(20, 60);
}

Test(netqueue, a_guest_that_answers_at_once_is_given_the_processor)
{
    linger_cost(1ull << 40);
    q->linger.beside.pause = LINGER_TRY; /* it does not look for a guest on another processor meanwhile */
    guest_turn = answers;
    offers(NET_RX_SLOTS);
    comes(60, 1);
    sends(10, 60);
    kicks();
    rounds();
    cr_assert(given == 1 && rx->rsp_prod == 1 && tx->rsp_prod == 2 && arrives() == 10 + 60);
    cr_assert(arrives() == 10 + 60 && frame[10] == 20, "without an event of its own");
    cr_assert(tx->req_event == 3 && unmasked == 1, "then it sends one again");
}

static void two_come(void)
{
    comes(60, 1);
    comes(60, 2);
}

/* As when TCP has an acknowledgement: learnt by and by, then one copy is enough for them. */
Test(netqueue, several_answers_are_received_together)
{
    unsigned before = 0;

    tap_answers = two_come;
    tap_answered = q->watch;
    offers(4 * NET_RX_SLOTS);
    for (unsigned n = 0; n < 20; n++) {
        before = batches;
        sends(10, 60);
        kicks();
        rounds();
        cr_assert_eq(rx->rsp_prod, 2 * n + 2);
        offers(2);
    }
    cr_assert_eq(batches - before, 2, "one for what it sent, one for what came");
}

Test(netqueue, who_receives_much_is_not)
{
    linger_cost(1ull << 40);
    q->linger.beside.pause = LINGER_TRY;
    offers(NET_RX_SLOTS);
    comes(9000, 1);
    sends(10, 60);
    kicks();
    rounds();
    cr_assert(given == 0 && rx->rsp_prod == 3);
}

Test(netqueue, who_has_others_to_serve_keeps_the_processor)
{
    struct nic other_nic = nic;
    struct queue other = *q;

    linger_cost(1ull << 40);
    other.nic = &other_nic;
    other.tx_work = other.rx_work = other.listed = false;
    offers(NET_RX_SLOTS);
    comes(60, 1);
    sends(10, 60);
    kicks();
    netqueue_wake(&other);
    cr_assert(netqueue_round());
    cr_assert(given == 0 && notified > 0);
}

/* As Linux has it: headers, then data from the middle of a page on. */
Test(netqueue, parts_of_packets_lie_in_one_page_each)
{
    static const uint16_t sizes[] = {66, 1000, 4096, 4096, 500}, alone[] = {66, 1448};

    crossings = 0;
    for (unsigned n = 0; n < 4; n++) {
        for (unsigned i = 0; i < 5; i++)
            *tx_next() = (netif_tx_request_t){.gref = 10 + i, .offset = i == 1 ? 3096 : 0, .size = i ? sizes[i] : 9758, .flags = i < 4 ? NETTXF_more_data : 0};
        for (unsigned i = 0; i < 2; i++)
            *tx_next() = (netif_tx_request_t){.gref = 20 + i, .size = i ? alone[i] : 1514, .flags = i ? 0 : NETTXF_more_data};
    }
    kicks();
    rounds();
    for (unsigned n = 0; n < 4; n++)
        cr_assert(arrives() == 10 + 9758 && arrives() == 10 + 1514);
    cr_assert_eq(crossings, 0);
}

Test(netqueue, a_whole_ring_is_sent_in_bounded_rounds)
{
    for (uint32_t i = 0; i < NET_RING; i++)
        sends(10 + i, 1514);
    kicks();
    cr_assert(netqueue_round(), "not all at once");
    cr_assert(tx->rsp_prod > 0 && tx->rsp_prod < NET_RING);
    for (int i = 0; i < 20; i++) {
        netqueue_round();
        while (arrives() > 0)
            ;
    }
    cr_assert_eq(tx->rsp_prod, NET_RING);
}

Test(netqueue, the_largest_packets_fit)
{
    for (int i = 0; i < 10; i++)
        sends(10, 65535);
    kicks();
    for (int i = 0; i < 10; i++) {
        rounds();
        while (arrives() > 0)
            cr_assert_eq(frame[10 + 65534], 25);
    }
    cr_assert_eq(tx->rsp_prod, 160);
}

Test(netqueue, bad_packets_are_answered_and_others_go)
{
    *tx_next() = (netif_tx_request_t){.gref = PAGES, .size = 60}; /* no such grant */
    sends(10, 5);
    sends(11, 60);
    tx_next()[0] = (netif_tx_request_t){.gref = 12, .size = 60, .flags = NETTXF_csum_blank}; /* no IP */
    kicks();
    rounds();
    cr_assert_eq(arrives(), 70);
    cr_assert_eq(frame[10], 11);
    cr_assert_eq(arrives(), -1);
    for (RING_IDX i = 0; i < 4; i++)
        cr_assert_eq(tx_answer(i).status, i == 2 ? NETIF_RSP_OKAY : NETIF_RSP_ERROR, "%u", i);
    cr_assert(!killed && nic.bad_packets == 3);
}

Test(netqueue, copies_that_the_hypervisor_refuses_are_errors)
{
    refused = true;
    sends(10, 60);
    offers(1);
    comes(60, 1);
    kicks();
    rounds();
    cr_assert(tx_answer(0).status == NETIF_RSP_ERROR && rx_answer(0).status == NETIF_RSP_ERROR && arrives() == -1);
}

Test(netqueue, a_broken_ring_ends_the_device)
{
    sends(10, 60);
    tx->req_prod = 999;
    kicks();
    rounds();
    cr_assert(killed == 1 && !nic.queues);
}

Test(netqueue, a_broken_receive_ring_too)
{
    rx->req_prod = 999;
    comes(60, 1);
    rounds();
    cr_assert_eq(killed, 1);
}

Test(netqueue, what_comes_is_received)
{
    offers(2 * NET_RX_SLOTS);
    comes(60, 1);
    comes(9000, 2);
    rounds();
    cr_assert(rx->rsp_prod == 4 && rx_answer(0).status == 60 && rx_answer(1).status == 4096 && rx_answer(3).status == 808);
    cr_assert(rx_answer(1).flags == NETRXF_more_data && rx_answer(3).flags == 0);
    cr_assert(pages[300][59] == 1 && pages[301][0] == 2 && pages[303][807] == 2 && pages[303][808] == 0);
    cr_assert(batches == 2 && notified == 1 && !streams, "the second had to be asked for");
}

/* Learnt by and by: as many reads wait as frames come together. */
Test(netqueue, what_comes_together_is_received_together)
{
    unsigned before = 0;

    offers(200);
    for (unsigned n = 0; n < 30; n++) {
        before = batches;
        for (unsigned i = 0; i < 4; i++)
            comes(60, (uint8_t)i);
        rounds();
        cr_assert_eq(rx->rsp_prod, 4 * n + 4);
        offers(4);
    }
    cr_assert_eq(batches - before, 1);
    cr_assert_gt(q->reads, 3);
    for (unsigned n = 0; n < 100; n++) {
        comes(60, 1);
        rounds();
        offers(1);
    }
    cr_assert_leq(q->reads, 2, "and it is forgotten");
}

Test(netqueue, what_is_sent_and_what_came_are_copied_together)
{
    offers(NET_RX_SLOTS);
    comes(60, 1);
    sends(10, 60);
    kicks();
    rounds();
    cr_assert(arrives() == 10 + 60 && rx->rsp_prod == 1 && tx->rsp_prod == 1);
    cr_assert(batches == 1 && notified == 2 && tells == 1, "and it is told of both at once");
}

Test(netqueue, a_large_segment_is_of_a_stream)
{
    struct virtio_net_hdr *h = (void *)frame;
    uint8_t *ip = frame + sizeof(*h) + 14;

    memset(frame, 0, sizeof(*h) + 9000);
    ip[-2] = 8;
    ip[0] = 0x45;
    ip[9] = IPPROTO_TCP;
    *h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448};
    offers(2 * NET_RX_SLOTS);
    cr_assert_eq(send(wire, frame, sizeof(*h) + 9000, 0), (ssize_t)sizeof(*h) + 9000);
    tap_watch_look(q->watch);
    rounds();
    cr_assert(rx->rsp_prod == 4 && rx_answer(0).flags & NETRXF_extra_info && streams == 1);
    comes(60, 1);
    rounds();
    cr_assert(rx->rsp_prod == 5 && streams == 1);
}

Test(netqueue, without_buffers_the_line_waits_and_nothing_is_lost)
{
    comes(60, 1);
    comes(9000, 2);
    rounds();
    cr_assert(rx->rsp_prod == 0 && rx->req_event == 1);
    cr_assert_eq(tap_kept, 1, "the room for it is left to others");
    offers(2);
    q->rx_port.event(&q->rx_port);
    rounds();
    cr_assert(rx->rsp_prod == 1 && q->starved && rx->req_event == 4 && unmasked == 1);
    offers(1);
    q->rx_port.event(&q->rx_port);
    rounds();
    cr_assert_eq(rx->rsp_prod, 1, "too few still");
    offers(1);
    q->rx_port.event(&q->rx_port);
    rounds();
    cr_assert(rx->rsp_prod == 4 && rx_answer(3).status == 808 && pages[303][807] == 2);
}

/* It is made here, once, also where buffers are late. */
Test(netqueue, a_checksum_that_waits_for_buffers_is_right)
{
    struct virtio_net_hdr *h = (void *)frame;

    nic.wants = (struct netframe_wants){0};
    memset(frame, 5, sizeof(*h) + 100);
    *h = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6};
    for (int i = 0; i < 3; i++) {
        if (i != 1)
            offers(1);
        cr_assert_eq(send(wire, frame, sizeof(*h) + 100, 0), (ssize_t)sizeof(*h) + 100);
        tap_watch_look(q->watch);
        rounds();
        cr_assert_eq(q->starved, i == 1);
        if (i != 1)
            continue;
        netqueue_wake(q);
        rounds();
        cr_assert_eq(rx->rsp_prod, 1);
        offers(1);
        q->rx_port.event(&q->rx_port);
        rounds();
    }
    cr_assert(rx->rsp_prod == 3 && (pages[300][40] != 5 || pages[300][41] != 5));
    cr_assert(!memcmp(pages[300], pages[301], 100) && !memcmp(pages[300], pages[302], 100));
}

Test(netqueue, a_guest_that_takes_no_large_frames_gets_none)
{
    nic.largest = NET_PAGE;
    offers(4);
    comes(4097, 1);
    comes(4096, 3);
    rounds();
    cr_assert(rx->rsp_prod == 1 && rx_answer(0).status == 4096 && pages[300][0] == 3);
}

Test(netqueue, multicast_goes_to_those_who_asked_for_it)
{
    netif_extra_info_t e = {.type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD, .u.mcast.addr = {3, 3, 3, 3, 3, 3}};

    nic.filtered = true;
    tx_next()[0] = (netif_tx_request_t){.flags = NETTXF_extra_info};
    memcpy(tx_next(), &e, sizeof(e));
    kicks();
    rounds();
    cr_assert(nic.multicasts == 1 && tx_answer(0).status == NETIF_RSP_OKAY && tx_answer(1).status == NETIF_RSP_NULL && arrives() == -1);
    offers(9);
    comes(60, 1);
    comes(61, 3);
    comes(62, 0xff);
    comes(63, 2);
    rounds();
    cr_assert(rx->rsp_prod == 3 && rx_answer(0).status == 61 && rx_answer(1).status == 62 && rx_answer(2).status == 63);
    e.type = XEN_NETIF_EXTRA_TYPE_MCAST_DEL;
    tx_next()[0] = (netif_tx_request_t){.flags = NETTXF_extra_info};
    memcpy(tx_next(), &e, sizeof(e));
    kicks();
    rounds();
    cr_assert_eq(nic.multicasts, 0);
}

Test(netqueue, a_rate_stops_the_guest_until_the_timer)
{
    nic_rate(&nic, 1000, 50000);
    nic.credit = 2000;
    for (uint32_t i = 0; i < 5; i++)
        sends(10 + i, 1500);
    kicks();
    rounds();
    cr_assert(tx->rsp_prod == 2 && !unmasked && timers == 1);
    nic.credit = 1;
    netqueue_wake(q);
    rounds();
    cr_assert(tx->rsp_prod == 3 && !unmasked);
    nic_rate(&nic, 0, 0);
    netqueue_wake(q);
    rounds();
    cr_assert(tx->rsp_prod == 5 && unmasked == 1);
    credit_end(&nic);
}

Test(netqueue, who_sends_events_for_nothing_is_heard_less)
{
    for (int i = 0; i < 100 && !q->paused; i++) {
        kicks();
        rounds();
        cr_assert(unmasked == (unsigned)i + !q->paused);
    }
    cr_assert(q->paused && timers == 1);
    sends(10, 60);
    netqueue_wake(q); /* the timer */
    rounds();
    cr_assert(!q->paused && !q->tx_masked && tx->rsp_prod == 1 && !q->tx_idle);
    kicks();
    rounds();
    cr_assert(!q->paused && !q->tx_masked, "good again");
    for (int i = 0; i < 100 && !q->paused; i++) {
        q->rx_port.event(&q->rx_port);
        rounds();
    }
    cr_assert(q->paused && q->rx_masked);
    credit_end(&nic);
}

Test(netqueue, a_tap_that_is_down_loses_frames_like_a_line)
{
    close(wire);
    sends(10, 60);
    kicks();
    rounds();
    cr_assert(tx->rsp_prod == 1 && tx_answer(0).status == NETIF_RSP_OKAY && !killed);
}

Test(netqueue, one_channel_may_serve_both_rings)
{
    q->rx_port.local = -1;
    offers(1);
    sends(10, 60);
    kicks();
    rounds();
    comes(60, 1);
    rounds();
    cr_assert(rx->rsp_prod == 1 && arrives() == 70 && notified == 2);
}
