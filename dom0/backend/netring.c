/* SPDX-License-Identifier: MIT */
#include "netring.h"
#include <string.h>

_Static_assert(__CONST_RING_SIZE(netif_tx, NET_PAGE) == NET_RING && __CONST_RING_SIZE(netif_rx, NET_PAGE) == NET_RING,
               "what a page holds");

/* The guest writes while we read: each word of it is loaded once, and the compiler may not go back for it. */
static void read_words(void *to, const void *from, size_t words)
{
    const volatile uint32_t *source = from;
    uint32_t word;

    for (size_t i = 0; i < words; i++) {
        word = source[i];
        memcpy((char *)to + i * sizeof(word), &word, sizeof(word));
    }
}

static RING_IDX load(const RING_IDX *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

/* Xen's header declares the entries as an array of one. */
static union netif_tx_sring_entry *tx_slot(const struct net_tx *t, RING_IDX at)
{
    union netif_tx_sring_entry *first = t->ring->ring;

    return first + (at & (NET_RING - 1));
}

static union netif_rx_sring_entry *rx_slot(const struct net_rx *r, RING_IDX at)
{
    union netif_rx_sring_entry *first = r->ring->ring;

    return first + (at & (NET_RING - 1));
}

static bool wants_event(RING_IDX event, RING_IDX before, RING_IDX now)
{
    return now - event < now - before;
}

bool net_tx_start(struct net_tx *t, netif_tx_sring_t *ring)
{
    RING_IDX done = load(&ring->rsp_prod);

    *t = (struct net_tx){.ring = ring, .req_prod = done, .req_cons = done, .rsp_prod = done, .pushed = done};
    return net_tx_look(t) >= 0;
}

int net_tx_look(struct net_tx *t)
{
    RING_IDX prod = load(&t->ring->req_prod);

    if (prod - t->rsp_prod > NET_RING || prod - t->req_cons > NET_RING)
        return -1;
    t->req_prod = prod;
    return (int)(prod - t->req_cons);
}

static bool next_slot(struct net_tx *t, void *to)
{
    if (t->req_cons == t->req_prod)
        return false;
    read_words(to, tx_slot(t, t->req_cons++), sizeof(netif_tx_request_t) / sizeof(uint32_t));
    return true;
}

static void take_extra(struct net_packet *p, const netif_extra_info_t *e)
{
    switch (e->type) {
    case XEN_NETIF_EXTRA_TYPE_GSO:
        p->gso_type = e->u.gso.type;
        p->gso_size = e->u.gso.size;
        if ((p->gso_type != XEN_NETIF_GSO_TYPE_TCPV4 && p->gso_type != XEN_NETIF_GSO_TYPE_TCPV6) || !p->gso_size)
            p->bad = "a segmentation type or size that there is not";
        break;
    case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
    case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
        p->multicast = e->type;
        memcpy(p->address, e->u.mcast.addr, sizeof(p->address));
        break;
    default: p->bad = "extra information that was not offered";
    }
}

/* Extra information stands between a packet's first request and the next. */
static const char *take_extras(struct net_tx *t, struct net_packet *p)
{
    netif_tx_request_t slot;
    netif_extra_info_t extra;

    do {
        if (p->extras == NET_TX_EXTRAS)
            return "extra information that does not end";
        if (!next_slot(t, &slot))
            return "extra information is missing";
        memcpy(&extra, &slot, sizeof(extra));
        p->extras++;
        take_extra(p, &extra);
    } while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return NULL;
}

static void add_frag(struct net_packet *p, const netif_tx_request_t *q)
{
    p->frag[p->frags++] = (struct net_frag){.ref = q->gref, .offset = q->offset, .size = q->size, .id = q->id};
}

/* The first request has the whole packet's size: its own is what the others leave. */
static void check_sizes(struct net_packet *p)
{
    uint32_t rest = 0;

    for (unsigned i = 1; i < p->frags; i++)
        rest += p->frag[i].size;
    if (rest > p->size) {
        p->bad = "its parts are longer than the whole";
        return;
    }
    p->frag[0].size = (uint16_t)(p->size - rest);
    for (unsigned i = 0; i < p->frags; i++)
        if ((uint32_t)p->frag[i].offset + p->frag[i].size > NET_PAGE)
            p->bad = "a part leaves its page";
    if (p->size < NET_FRAME_MIN)
        p->bad = "shorter than an Ethernet header";
}

enum net_take net_tx_take(struct net_tx *t, struct net_packet *p, const char **why)
{
    netif_tx_request_t q;

    if (!next_slot(t, &q))
        return NET_NOTHING;
    p->bad = NULL;
    p->size = q.size;
    p->flags = q.flags;
    p->gso_size = p->gso_type = p->multicast = 0;
    p->extras = p->frags = 0;
    add_frag(p, &q);
    if (q.flags & NETTXF_extra_info && (*why = take_extras(t, p)))
        return NET_BROKEN;
    while (q.flags & NETTXF_more_data) {
        if (p->frags == NET_TX_FRAGS) {
            *why = "a packet of too many parts";
            return NET_BROKEN;
        }
        if (!next_slot(t, &q)) {
            *why = "a packet's parts are missing";
            return NET_BROKEN;
        }
        add_frag(p, &q);
    }
    if (!p->multicast)
        check_sizes(p);
    return NET_PACKET;
}

static void tx_response(struct net_tx *t, uint16_t id, int16_t status)
{
    netif_tx_response_t *r = &tx_slot(t, t->rsp_prod++)->rsp;

    r->id = id;
    r->status = status;
}

void net_tx_answer(struct net_tx *t, const struct net_packet *p, bool sent)
{
    int16_t status = sent ? NETIF_RSP_OKAY : NETIF_RSP_ERROR;

    tx_response(t, p->frag[0].id, status);
    for (unsigned i = 0; i < p->extras; i++)
        tx_response(t, 0, NETIF_RSP_NULL);
    for (unsigned i = 1; i < p->frags; i++)
        tx_response(t, p->frag[i].id, status);
}

/* The event index is read after the answers can be seen: else both sides could miss each other. */
bool net_tx_push(struct net_tx *t)
{
    RING_IDX before = t->pushed;

    if (before == t->rsp_prod)
        return false;
    t->pushed = t->rsp_prod;
    __atomic_store_n(&t->ring->rsp_prod, t->pushed, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return wants_event(load(&t->ring->rsp_event), before, t->pushed);
}

bool net_tx_wait(struct net_tx *t)
{
    __atomic_store_n(&t->ring->req_event, t->req_cons + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return load(&t->ring->req_prod) != t->req_cons;
}

bool net_rx_start(struct net_rx *r, netif_rx_sring_t *ring)
{
    RING_IDX done = load(&ring->rsp_prod);

    *r = (struct net_rx){.ring = ring, .req_prod = done, .req_cons = done, .rsp_prod = done, .pushed = done};
    return net_rx_look(r) >= 0;
}

int net_rx_look(struct net_rx *r)
{
    RING_IDX prod = load(&r->ring->req_prod);

    if (prod - r->rsp_prod > NET_RING || prod - r->req_cons > NET_RING)
        return -1;
    r->req_prod = prod;
    return (int)(prod - r->req_cons);
}

unsigned net_rx_needs(uint32_t size, bool gso)
{
    return (size + NET_PAGE - 1) / NET_PAGE + gso;
}

bool net_rx_take(struct net_rx *r, struct net_reception *p)
{
    bool gso = p->gso_type != XEN_NETIF_GSO_TYPE_NONE;
    uint32_t left = p->size;
    netif_rx_request_t q;

    p->slots = net_rx_needs(p->size, gso);
    if (p->slots > NET_RX_SLOTS || r->req_prod - r->req_cons < p->slots)
        return false;
    for (unsigned i = 0; i < p->slots; i++) {
        bool extra = gso && i == 1;
        uint16_t size = extra ? 0 : (uint16_t)(left < NET_PAGE ? left : NET_PAGE);

        read_words(&q, rx_slot(r, r->req_cons++), sizeof(q) / sizeof(uint32_t));
        p->slot[i] = (struct net_slot){.ref = q.gref, .id = q.id, .size = size};
        left -= size;
    }
    return true;
}

static void rx_extra(struct net_rx *r, const struct net_reception *p)
{
    netif_extra_info_t e = {.type = XEN_NETIF_EXTRA_TYPE_GSO, .u.gso = {.size = p->gso_size, .type = p->gso_type}};

    memcpy(&rx_slot(r, r->rsp_prod++)->rsp, &e, sizeof(e));
}

void net_rx_answer(struct net_rx *r, const struct net_reception *p, bool copied)
{
    bool gso = p->gso_type != XEN_NETIF_GSO_TYPE_NONE;

    for (unsigned i = 0; i < p->slots; i++) {
        const struct net_slot *s = &p->slot[i];
        bool last = i + 1 == p->slots || (gso && i == 0 && p->slots == 2);
        netif_rx_response_t *rsp;

        if (gso && i == 1) {
            rx_extra(r, p);
            continue;
        }
        rsp = &rx_slot(r, r->rsp_prod++)->rsp;
        rsp->id = s->id;
        rsp->offset = 0;
        rsp->flags = (uint16_t)((last ? 0 : NETRXF_more_data) | (i ? 0 : p->flags | (gso ? NETRXF_extra_info : 0)));
        rsp->status = copied ? (int16_t)s->size : NETIF_RSP_ERROR;
    }
}

bool net_rx_push(struct net_rx *r)
{
    RING_IDX before = r->pushed;

    if (before == r->rsp_prod)
        return false;
    r->pushed = r->rsp_prod;
    __atomic_store_n(&r->ring->rsp_prod, r->pushed, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return wants_event(load(&r->ring->rsp_event), before, r->pushed);
}

bool net_rx_wait(struct net_rx *r, unsigned slots)
{
    __atomic_store_n(&r->ring->req_event, r->req_cons + slots, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return load(&r->ring->req_prod) - r->req_cons >= slots;
}
