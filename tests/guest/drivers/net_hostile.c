/* SPDX-License-Identifier: MIT */
/*
 * A network back end, first one that keeps the rules (frames of one and of many parts, both ways, with extra
 * information), then ones that break them: the card is given up with a reason, the guest goes on.
 */
#include "fakestore.h"
#include "harness.h"
#include "netfront.h"

#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

union tx_entry {
    struct netif_tx_request request;
    struct netif_tx_response response;
    struct netif_extra_info extra;
};

union rx_entry {
    struct netif_rx_request request;
    struct netif_rx_response response;
    struct netif_extra_info extra;
};

static unsigned int id;
static struct netif_tx_sring *tx;
static struct netif_rx_sring *rx;
static uint32_t tx_cons, rx_cons;
static evtchn_port_t port;
static struct net *card;
static uint8_t frame[60000], got[65536];

static const char *front(const char *key)
{
    static char path[64];

    snprintf(path, sizeof(path), "device/vif/%u%s%s", id, *key ? "/" : "", key);
    return path;
}

static const char *back(const char *key)
{
    static char path[64];

    snprintf(path, sizeof(path), "/back/vif%u%s%s", id, *key ? "/" : "", key);
    return path;
}

static void connect(bool rich)
{
    id++;
    fake_set(back("feature-rx-copy"), "1");
    fake_set(back("feature-sg"), "%u", rich);
    fake_set(back("feature-gso-tcpv4"), "%u", rich);
    fake_set(back("state"), "%u", (unsigned int)XenbusStateInitWait);
    fake_set(front("mac"), "00:16:3e:01:02:fe");
    fake_set(front("backend-id"), "0");
    fake_set(front("backend"), "%s", back(""));
    CHECK(fake_await(front("state"), XenbusStateConnected), "nothing is published");
    tx = fake_granted(fake_number(front("tx-ring-ref")));
    rx = fake_granted(fake_number(front("rx-ring-ref")));
    CHECK(tx && rx, "no rings");
    tx_cons = rx_cons = 0;
    port = (evtchn_port_t)MUST(
        evtchn_bind_interdomain(DOMID_SELF, (evtchn_port_t)fake_number(front("event-channel"))));
    fake_set(back("state"), "%u", (unsigned int)XenbusStateConnected);
    card = net_open(0, time_ns() + DEADLINE_NS);
    CHECK(card && net_id(card) == id && net_mac(card)[5] == 0xfe, "no card");
}

static void end(void)
{
    evtchn_close(port);
    fake_remove(front(""));
    fake_remove(back(""));
    thread_sleep_until(time_ns() + NS_PER_MS);
}

/* ---- Frames, by the rules ---- */

static void put_response(int16_t status, uint16_t offset, uint16_t flags, int id_error)
{
    union rx_entry *e = (union rx_entry *)&rx->ring[rx_cons & 255];

    e->response = (struct netif_rx_response){.id = (uint16_t)(e->request.id + id_error),
                                             .offset = offset,
                                             .flags = flags,
                                             .status = status};
    rx_cons++;
}

static void put_gso(uint8_t type, uint8_t flags)
{
    struct netif_extra_info e = {
        .type = type, .flags = flags, .u.gso = {.size = 1448, .type = XEN_NETIF_GSO_TYPE_TCPV4}};

    memcpy(&rx->ring[rx_cons++ & 255], &e, sizeof(e));
}

static void show(void)
{
    barrier();
    rx->rsp_prod = rx_cons;
    evtchn_send(port);
}

static void receive_one(size_t length, bool gso)
{
    struct net_frame f;
    size_t at = 0;

    while (at < length) {
        const union rx_entry *e = (union rx_entry *)&rx->ring[rx_cons & 255];
        size_t n = length - at < 3000 ? length - at : 3000;
        uint16_t flags = at + n < length ? NETRXF_more_data : 0;
        char *page = fake_granted(e->request.gref);

        CHECK(page, "no page to receive to");
        memcpy(page + 64, frame + at, n);
        if (!at && gso)
            flags |= NETRXF_extra_info | NETRXF_csum_blank | NETRXF_data_validated;
        at += n;
        put_response((int16_t)n, 64, flags, 0);
        if (flags & NETRXF_extra_info)
            put_gso(XEN_NETIF_EXTRA_TYPE_GSO, 0);
    }
    show();
    CHECK(net_next(card, &f) && f.length == length, "a frame of %zu bytes is not received", length);
    CHECK(f.checksum_blank == gso && f.segment_size == (gso ? 1448 : 0), "its flags are lost");
    net_copy(card, 0, got, f.length);
    CHECK(!memcmp(got, frame, length), "a frame of %zu bytes is another", length);
    net_done(card);
    CHECK(!net_next(card, &f), "a frame out of nothing");
}

static void send_one(size_t length, bool gso)
{
    struct net_part parts[3] = {{frame, 14}, {frame + 14, 0}, {frame + 14, length - 14}};
    struct net_offload o = {.checksum = gso, .segment_size = gso ? 1448 : 0};
    bool more = true, extra = false;
    size_t at = 0;

    CHECK_RC(net_send(card, parts, 3, &o), 0);
    while (more || extra) {
        union tx_entry *e = (union tx_entry *)&tx->ring[tx_cons & 255];
        size_t n = e->request.size;

        CHECK(tx_cons++ != tx->req_prod, "part of a frame of %zu bytes is missing", length);
        if (extra) {
            CHECK(e->extra.type == XEN_NETIF_EXTRA_TYPE_GSO && e->extra.u.gso.size == 1448,
                  "no word of segments");
            extra = false;
            e->response = (struct netif_tx_response){.status = NETIF_RSP_NULL, .id = 7777};
            continue;
        }
        if (!at) {
            CHECK_EQ(n, length);
            CHECK_EQ(!!(e->request.flags & NETTXF_csum_blank), gso);
            n = length < PAGE_SIZE ? length : PAGE_SIZE;
        }
        more = e->request.flags & NETTXF_more_data;
        extra = e->request.flags & NETTXF_extra_info;
        CHECK(fake_granted(e->request.gref), "a page that is not granted");
        memcpy(got + at, (char *)fake_granted(e->request.gref) + e->request.offset, n);
        at += n;
        e->response = (struct netif_tx_response){.id = e->request.id};
    }
    CHECK(at == length && !memcmp(got, frame, length), "a frame of %zu bytes is sent as another",
          length);
    tx->rsp_prod = tx_cons;
}

static void by_the_rules(void)
{
    struct net_part none = {frame, 13}, large = {frame, 5000};

    connect(true);
    for (unsigned int i = 0; i < 400; i++) {
        size_t length = 14 + (i * 997) % (i % 4 ? 1500 : 50000);

        receive_one(length, i % 3 == 0);
        send_one(length, i % 3 == 1);
    }
    CHECK_RC(net_send(card, &none, 1, NULL), -XEN_EINVAL);
    /* Nobody answers: at some time there is no room. One slot is kept for extra information. */
    for (unsigned int i = 0; i < 256; i++)
        CHECK_RC(net_send(card, &large, 1, NULL), i < 127 ? 0 : -XEN_EAGAIN);
    CHECK_EQ(net_room(card), false);
    CHECK_EQ(net_counts(card).received, 400);
    end();
    connect(false);
    CHECK_RC(net_send(card, &large, 1, NULL), -XEN_EINVAL);
    CHECK_RC(net_send(card, &none, 1, &(struct net_offload){.segment_size = 9}), -XEN_EINVAL);
    end();
}

/* ---- Mischief ---- */

static void misbehave(int trick)
{
    switch (trick) {
    case 0: rx->rsp_prod = 257; break;
    case 1: rx->rsp_prod = ~0u; break;
    case 2:
        put_response(100, 0, 0, 1);
        show();
        break;
    case 3:
        put_response(4000, 200, 0, 0);
        show();
        break;
    case 4:
        put_response(32767, 0, 0, 0);
        show();
        break;
    case 5:
        put_response(100, 65535, 0, 0);
        show();
        break;
    case 6: /* A frame without an end. */
        for (int i = 0; i < 256; i++)
            put_response(1, 0, NETRXF_more_data, 0);
        show();
        break;
    case 7: /* Extra information without an end. */
        put_response(100, 0, NETRXF_extra_info, 0);
        for (int i = 1; i < 256; i++)
            put_gso(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE);
        show();
        break;
    case 8:
        put_response(100, 0, NETRXF_extra_info, 0);
        put_gso(99, 0);
        show();
        break;
    }
}

/* What it does until it notices: nothing that hurts. */
static void use(void)
{
    struct net_part part = {frame, 60};
    struct net_frame f;

    for (int i = 0; i < 300; i++) {
        net_send(card, &part, 1, NULL);
        if (net_next(card, &f)) {
            net_copy(card, 0, got, f.length);
            net_done(card);
        }
    }
}

TEST("hostile_net_back_end", "frames go both ways; bad answers end the card, not the guest")
{
    fake_store_start();
    for (size_t i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 7 + i / 256);
    net_open(0, 1);
    by_the_rules();
    for (int trick = 0; trick <= 8; trick++) {
        connect(true);
        misbehave(trick);
        use();
        CHECK(net_dead(card), "trick %d goes unnoticed", trick);
        end();
    }
}
