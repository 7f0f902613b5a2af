/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/netring.c dom0/backend/netframe.c */
/* A guest that writes anything into its network rings, between any two operations of the back end, and sends any frame. */
#include "dom0/backend/netframe.h"
#include "dom0/backend/netring.h"
#include <stdlib.h>
#include <string.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool broken;

static void take_one(struct net_tx *t, bool sent)
{
    RING_IDX before = t->req_cons;
    struct net_packet p;
    const char *why = NULL;
    uint32_t sum = 0;

    switch (net_tx_take(t, &p, &why)) {
    case NET_NOTHING: MUST(t->req_cons == t->req_prod); return;
    case NET_BROKEN:
        MUST(why && t->req_cons - before <= 1 + NET_TX_EXTRAS + NET_TX_FRAGS);
        broken = true;
        return;
    case NET_PACKET: break;
    }
    MUST(p.frags >= 1 && p.frags <= NET_TX_FRAGS && p.extras <= NET_TX_EXTRAS && t->req_cons - before == p.frags + p.extras);
    for (unsigned i = 0; i < p.frags && !p.bad && !p.multicast; i++) {
        MUST(p.frag[i].offset + p.frag[i].size <= NET_PAGE);
        sum += p.frag[i].size;
    }
    MUST(p.bad || p.multicast || (sum == p.size && sum >= NET_FRAME_MIN && sum <= XEN_NETIF_MAX_TX_SIZE));
    net_tx_answer(t, &p, sent);
    MUST(t->rsp_prod == t->req_cons);
}

static void receive_one(struct net_rx *r, uint32_t number)
{
    struct net_reception in = {.size = number % (NET_FRAME_MAX + 9) + 1, .gso_type = (uint8_t)(number >> 24) % 3, .gso_size = 1448};
    RING_IDX before = r->req_cons;
    uint32_t sum = 0;

    if (!net_rx_take(r, &in)) {
        MUST(r->req_cons == before);
        return;
    }
    for (unsigned i = 0; i < in.slots; i++)
        sum += in.slot[i].size;
    MUST(sum == in.size && r->req_cons - before == in.slots);
    net_rx_answer(r, &in, number & 1);
    MUST(r->rsp_prod == r->req_cons);
}

static void frame(const uint8_t *bytes, size_t size, uint32_t number)
{
    uint8_t *own = malloc(size);
    struct virtio_net_hdr h;

    memcpy(own, bytes, size);
    if (netframe_to_tap(own, size, (uint16_t)number, (uint8_t)(number >> 16) % 3, (uint16_t)(number >> 18), &h) &&
        h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
        MUST((size_t)h.csum_start + h.csum_offset + 2 <= size);
    memcpy(&h, bytes, size < sizeof(h) ? size : sizeof(h));
    netframe_from_tap(own, size, &h, &(struct netframe_wants){number & 1, number & 2, number & 4, number & 8}, &(struct net_reception){0});
    free(own);
}

/* Six bytes an operation: which one, at which slot, and a number; the last one's bytes are a frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    netif_tx_sring_t *tx = calloc(1, NET_PAGE);
    netif_rx_sring_t *rx = calloc(1, NET_PAGE);
    struct net_tx t;
    struct net_rx r;

    broken = !net_tx_start(&t, tx) || !net_rx_start(&r, rx);
    for (; size >= 6 && !broken; data += 6, size -= 6) {
        uint32_t number;

        memcpy(&number, data + 2, sizeof(number));
        switch (data[0] % 12) {
        case 0: tx->req_prod = number; break;
        case 1: tx->req_prod += number % 24; break;
        case 2: tx->rsp_prod = tx->rsp_event = number; break;
        case 3: memcpy((char *)tx->ring + number % 3072, data, 6); break;
        case 4: tx->ring[data[1]].req = (netif_tx_request_t){1, (uint16_t)(number >> 4), number & 15, 2, (uint16_t)(number >> 16)}; break;
        case 5: rx->req_prod = r.req_cons + number % 300; break;
        case 6: broken = net_tx_look(&t) < 0; break;
        case 7: take_one(&t, number & 1); break;
        case 8: net_tx_push(&t), net_tx_wait(&t); break;
        case 9:
            if (net_rx_look(&r) >= 0)
                receive_one(&r, number);
            break;
        case 10: net_rx_push(&r), net_rx_wait(&r, data[1]); break;
        case 11: frame(data, size, number); break;
        }
    }
    free(tx);
    free(rx);
    return 0;
}
