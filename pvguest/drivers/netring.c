/* SPDX-License-Identifier: MIT */
#include "nic.h"

/* ---- Sending ---- */

static void put_tx(struct net *n, unsigned int id)
{
    n->tx.pages[id].out = false;
    n->tx.pages[id].next_free = n->tx_free;
    n->tx_free = (uint16_t)id;
    n->tx_free_count++;
}

static unsigned int take_tx(struct net *n)
{
    unsigned int id = n->tx_free;

    n->tx_free = n->tx.pages[id].next_free;
    n->tx.pages[id].out = true;
    n->tx_free_count--;
    return id;
}

static void tx_answer(struct net *n, const struct netif_tx_response *a)
{
    if (a->status == NETIF_RSP_NULL) /* to an extra slot: its id means nothing */
        return;
    if (a->id >= NIC_ENTRIES || !n->tx.pages[a->id].out) {
        xenbus_fail(&n->bus, "an answer to nothing that was sent");
        return;
    }
    if (a->status < 0)
        n->counts.dropped++;
    put_tx(n, a->id);
}

static void take_tx_answers(struct net *n)
{
    struct front_ring *r = &n->tx.ring;
    uint32_t count;

    do {
        if (!front_ring_look(r, &count)) {
            xenbus_fail(&n->bus, "its position in what was sent is beyond our requests");
            return;
        }
        for (; count && !n->bus.dead; count--) {
            struct netif_tx_response a;

            memcpy(&a, front_ring_entry(r, r->rsp_cons, sizeof(union nic_tx)), sizeof(a));
            barrier();
            r->rsp_cons++;
            tx_answer(n, &a);
        }
        /* An event when half of what is out came back is enough: sending looks at the ring as well. */
    } while (!n->bus.dead && front_ring_sleep(r, (r->req_prod - r->rsp_cons) / 2 + 1));
    /* An answer that says of a frame's slot that it is none would leave less and less room. */
    if (r->rsp_cons == r->req_prod && n->tx_free_count != NIC_ENTRIES)
        xenbus_fail(&n->bus, "it has answered all, but not all that was sent");
}

/* Where the next byte of the frame comes from. */
struct source {
    const struct net_part *part;
    size_t at;
};

static void gather(struct source *s, char *to, size_t size)
{
    while (size) {
        size_t n = s->part->length - s->at;

        n = n < size ? n : size;
        memcpy(to, (const char *)s->part->data + s->at, n);
        to += n;
        size -= n;
        s->at += n;
        if (s->at == s->part->length) {
            s->part++;
            s->at = 0;
        }
    }
}

static void *tx_slot(struct net *n)
{
    return front_ring_entry(&n->tx.ring, n->tx.ring.req_prod++, sizeof(union nic_tx));
}

static void put_extra(struct net *n, uint16_t segment_size)
{
    struct netif_extra_info e = {
        .type = XEN_NETIF_EXTRA_TYPE_GSO,
        .u.gso = {.size = segment_size, .type = XEN_NETIF_GSO_TYPE_TCPV4},
    };

    memcpy(tx_slot(n), &e, sizeof(e));
}

static void put_frame(struct net *n, const struct net_part *parts, size_t length,
                      const struct net_offload *o)
{
    struct source source = {parts, 0};
    size_t left = length;

    while (left) {
        size_t size = left < PAGE_SIZE ? left : PAGE_SIZE;
        unsigned int id = take_tx(n);
        bool first = left == length;
        struct netif_tx_request q = {
            .gref = n->tx.pages[id].ref,
            .id = (uint16_t)id,
            .size = (uint16_t)(first ? length : size), /* the first one's is the whole frame's */
        };

        gather(&source, n->tx.pages[id].page, size);
        left -= size;
        if (left)
            q.flags |= NETTXF_more_data;
        if (first && o && (o->checksum || o->segment_size))
            q.flags |= NETTXF_csum_blank | NETTXF_data_validated;
        if (first && o && o->segment_size)
            q.flags |= NETTXF_extra_info;
        memcpy(tx_slot(n), &q, sizeof(q));
        if (q.flags & NETTXF_extra_info)
            put_extra(n, o->segment_size);
    }
}

static bool has_room(const struct net *n, size_t length)
{
    unsigned int slots = (unsigned int)((length + PAGE_SIZE - 1) / PAGE_SIZE);

    return front_ring_room(&n->tx.ring) > slots && n->tx_free_count >= slots;
}

bool net_room(struct net *n)
{
    if (n->up && !n->bus.dead && !has_room(n, NET_FRAME_MAX))
        take_tx_answers(n);
    return !n->up || n->bus.dead || has_room(n, NET_FRAME_MAX);
}

static long refusal(const struct net *n, size_t length, const struct net_offload *o)
{
    if (n->bus.dead)
        return -XEN_EIO;
    if (!n->attached)
        return -XEN_ENODEV;
    if (length < 14 || length > NET_FRAME_MAX)
        return -XEN_EINVAL;
    if (o && ((o->segment_size && !n->tso) || (o->checksum && !n->checksums)))
        return -XEN_EOPNOTSUPP;
    if (!n->sg && length > PAGE_SIZE)
        return -XEN_EINVAL;
    return n->up ? 0 : -XEN_EAGAIN;
}

long net_send(struct net *n, const struct net_part *parts, unsigned int count,
              const struct net_offload *o)
{
    size_t length = 0;
    long rc;

    for (unsigned int i = 0; i < count; i++)
        length += parts[i].length;
    rc = refusal(n, length, o);
    if (rc)
        return rc;
    if (!has_room(n, length)) {
        take_tx_answers(n);
        if (n->bus.dead)
            return -XEN_EIO;
        if (!has_room(n, length))
            return -XEN_EAGAIN;
    }
    while (!parts->length)
        parts++;
    put_frame(n, parts, length, o);
    if (front_ring_push(&n->tx.ring))
        evtchn_send(n->tx.port);
    n->counts.sent++;
    n->counts.sent_bytes += length;
    return 0;
}

/* ---- Receiving ---- */

static bool post(struct net *n)
{
    struct front_ring *r = &n->rx.ring;

    while (front_ring_room(r)) {
        uint16_t id = r->req_prod & (NIC_ENTRIES - 1);
        struct netif_rx_request q = {.id = id, .gref = n->rx.pages[id].ref};

        memcpy(front_ring_entry(r, r->req_prod, sizeof(union nic_rx)), &q, sizeof(q));
        r->req_prod++;
    }
    return front_ring_push(r);
}

/* One slot of extra information; false: not what we agreed on. */
static bool take_extra(struct net *n, const struct netif_extra_info *e)
{
    if (e->type != XEN_NETIF_EXTRA_TYPE_GSO || e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 ||
        !e->u.gso.size)
        return false;
    n->frame.segment_size = e->u.gso.size;
    return true;
}

static const char *take_part(struct net *n, const struct netif_rx_response *a, uint32_t index)
{
    uint16_t id = index & (NIC_ENTRIES - 1);

    if (a->id != id)
        return "a frame in a page of another position";
    if (n->parts == NIC_PARTS_MAX)
        return "a frame of too many parts";
    if (a->status > (int)PAGE_SIZE || a->offset > PAGE_SIZE - (unsigned int)a->status)
        return "a frame beyond its page";
    n->part[n->parts].page = id;
    n->part[n->parts].offset = a->offset;
    n->part[n->parts++].length = (uint16_t)a->status;
    n->frame.length += (size_t)a->status;
    return n->frame.length > NET_FRAME_MAX + 14 ? "a frame that is too long" : NULL;
}

enum found { WHOLE, PARTIAL, BROKEN };

/* Follows one frame's slots among the n that are there; each slot is read once. */
static enum found collect(struct net *n, uint32_t there)
{
    const struct front_ring *r = &n->rx.ring;
    bool more = true, extra = false, bad = false;
    const char *error = NULL;

    n->frame = (struct net_frame){0};
    n->slots = n->parts = 0;
    while ((more || extra) && !error) {
        uint32_t index = r->rsp_cons + n->slots;
        union nic_rx slot;

        if (n->slots == there)
            return PARTIAL;
        if (n->slots == NIC_SLOTS_MAX) {
            error = "a frame without an end";
            break;
        }
        memcpy(&slot, front_ring_entry(r, index, sizeof(slot)), sizeof(slot));
        barrier();
        if (extra) {
            extra = slot.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
            if (!take_extra(n, &slot.extra))
                error = "extra information that we did not ask for";
        } else {
            more = slot.response.flags & NETRXF_more_data;
            extra = slot.response.flags & NETRXF_extra_info;
            if (!n->slots) {
                n->frame.checksum_blank = slot.response.flags & NETRXF_csum_blank;
                n->frame.checked =
                    slot.response.flags & (NETRXF_csum_blank | NETRXF_data_validated);
            }
            if (slot.response.status < 0)
                bad = true;
            else
                error = take_part(n, &slot.response, index);
        }
        n->slots++;
    }
    if (error) {
        xenbus_fail(&n->bus, error);
        return BROKEN;
    }
    if (bad || n->frame.length < 14)
        n->frame.length = 0;
    return WHOLE;
}

bool net_next(struct net *n, struct net_frame *f)
{
    while (n->up && !n->bus.dead && !n->slots) {
        uint32_t there;
        enum found found = PARTIAL;

        if (!front_ring_look(&n->rx.ring, &there)) {
            xenbus_fail(&n->bus, "its position in what was received is beyond our requests");
            return false;
        }
        if (there)
            found = collect(n, there);
        if (found == PARTIAL) {
            n->slots = 0;
            if (!front_ring_sleep(&n->rx.ring, there + 1))
                return false;
        }
        if (found == WHOLE && !n->frame.length) { /* The back end says that it lost one. */
            n->counts.dropped++;
            net_done(n);
        }
    }
    if (!n->slots || !n->up || n->bus.dead)
        return false;
    *f = n->frame;
    return true;
}

bool net_ready(struct net *n)
{
    struct net_frame f;

    return net_next(n, &f) || n->bus.dead || !n->attached;
}

void net_copy(const struct net *n, size_t offset, void *to, size_t size)
{
    char *out = to;

    for (unsigned int i = 0; i < n->parts && size; i++) {
        size_t length = n->part[i].length, some;

        if (offset >= length) {
            offset -= length;
            continue;
        }
        some = length - offset < size ? length - offset : size;
        memcpy(out, n->rx.pages[n->part[i].page].page + n->part[i].offset + offset, some);
        out += some;
        size -= some;
        offset = 0;
    }
    memset(out, 0, size);
}

void net_done(struct net *n)
{
    if (!n->slots)
        return;
    if (n->frame.length) {
        n->counts.received++;
        n->counts.received_bytes += n->frame.length;
    }
    n->rx.ring.rsp_cons += n->slots;
    n->slots = 0;
    /* Requests go back some at a time: each push may cost an event. */
    if (n->up && front_ring_room(&n->rx.ring) >= 16 && post(n))
        evtchn_send(n->rx.port);
}

void nic_start(struct net *n)
{
    n->tx_free = NIC_ENTRIES;
    n->tx_free_count = 0;
    for (unsigned int i = NIC_ENTRIES; i-- > 0;)
        put_tx(n, i);
    n->slots = 0;
    post(n);
}
