/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "netqueue.h"
#include "netcredit.h"
#include "log.h"
#include "tapio.h"
#include "turn.h"
#include <stdlib.h>
#include <string.h>
#include <xengnttab.h>

/* What one queue does in a round. */
enum {
    COPIES = 256,
    PACKETS = TAP_WRITES,
    IDLE_MOST = 32,
    TX_AREA = 1 << 19,
    HEADER = 16, /* before each frame: its header ends where the frame begins */
    ALONE_TRY = 8,
    BAD_PACKETS_LOGGED = 3
};

static TAILQ_HEAD(, queue) line = TAILQ_HEAD_INITIALIZER(line);
static unsigned waiting; /* in it */
static uint8_t *tx_area;
static xengnttab_grant_copy_segment_t copy[COPIES + NET_TX_FRAGS + TAP_READS * NET_RX_SLOTS];
static unsigned copies;

/* What is sent in a round, and what is received. */
static struct sending {
    struct net_packet packet;
    uint8_t *frame;
    unsigned first, end; /* copies */
    struct tap_piece *written; /* NULL: nothing is to be */
} sending[PACKETS];
static struct tap_piece writes[TAP_WRITES];
static unsigned nr_writes;
static struct receiving {
    struct net_reception reception;
    unsigned first, end;
} receiving[TAP_READS];
static unsigned frames; /* that came, and have been looked at */
static bool segments; /* of a stream went to a guest in this round */

int netqueue_start(void)
{
    tx_area = grants_area(TX_AREA);
    return tx_area ? tap_start(sizeof(struct virtio_net_hdr), sizeof(struct virtio_net_hdr) + NET_FRAME_MAX) : ENOMEM;
}

static void list(struct queue *q)
{
    if (q->listed)
        return;
    q->listed = true;
    TAILQ_INSERT_TAIL(&line, q, line);
    waiting++;
}

static void unlist(struct queue *q)
{
    if (!q->listed)
        return;
    q->listed = false;
    TAILQ_REMOVE(&line, q, line);
    waiting--;
}

void netqueue_wake(struct queue *q)
{
    q->tx_work = q->rx_work = true;
    q->starved = q->paused = false;
    list(q);
}

static void tx_event(struct port *p)
{
    struct queue *q = (struct queue *)((char *)p - offsetof(struct queue, tx_port));

    q->tx_masked = true;
    q->tx_work = true;
    q->tx_idle++;
    if (q->rx_port.local < 0) {
        q->starved = false;
        q->rx_work = true;
    }
    list(q);
}

static void rx_event(struct port *p)
{
    struct queue *q = (struct queue *)((char *)p - offsetof(struct queue, rx_port));

    q->rx_masked = true;
    q->rx_idle++;
    q->starved = false;
    q->rx_work = true;
    list(q);
}

static void tap_event(struct source *s, uint32_t events)
{
    struct queue *q = (struct queue *)s;

    (void)events;
    q->rx_work = true;
    list(q);
}

static void copy_all(void)
{
    if (copies && grants_copy(copy, copies))
        for (unsigned i = 0; i < copies; i++)
            copy[i].status = GNTST_general_error;
}

/* ---- what the guest sends ---- */

static void multicast_change(struct nic *n, const struct net_packet *p)
{
    unsigned i = 0;

    while (i < n->multicasts && memcmp(n->multicast[i], p->address, 6))
        i++;
    if (p->multicast == XEN_NETIF_EXTRA_TYPE_MCAST_ADD && i == n->multicasts && i < NET_MULTICASTS)
        memcpy(n->multicast[n->multicasts++], p->address, 6);
    if (p->multicast == XEN_NETIF_EXTRA_TYPE_MCAST_DEL && i < n->multicasts)
        memcpy(n->multicast[i], n->multicast[--n->multicasts], 6);
}

/* Where a packet is copied to, from `to` on: so that few of its parts lie in two pages here, as the kernel has to find each page, which
 * costs it more than the copy. The first part that is a whole page begins with one here: those after it mostly do, too. */
static uint8_t *place(const struct net_packet *p, uint8_t *to)
{
    uintptr_t at = (uintptr_t)to, before = 0;
    unsigned i = 0;

    while (i < p->frags && p->frag[i].size < NET_PAGE)
        before += p->frag[i++].size;
    if (i < p->frags)
        return to + -(at + before) % NET_PAGE;
    if (before <= NET_PAGE)
        return at % NET_PAGE + before <= NET_PAGE ? to : to + -at % NET_PAGE;
    return to + -(at + p->frag[0].size) % NET_PAGE;
}

static void copy_in(const struct queue *q, struct sending *s, uint8_t *to)
{
    s->frame = to;
    s->first = copies;
    for (unsigned i = 0; i < s->packet.frags; i++) {
        const struct net_frag *f = &s->packet.frag[i];

        if (!f->size)
            continue;
        copy[copies++] = (xengnttab_grant_copy_segment_t){.source.foreign = {.ref = f->ref, .offset = f->offset, .domid = (domid_t)q->nic->device->domid},
                                                          .dest.virt = to,
                                                          .len = f->size,
                                                          .flags = GNTCOPY_source_gref};
        to += f->size;
    }
    s->end = copies;
}

static void complain(struct nic *n, const char *why)
{
    if (n->bad_packets++ < BAD_PACKETS_LOGGED)
        log_line(LOG_NOTE, "%s: a packet that cannot be sent: %s", device_name(n->device), why);
}

static bool copied(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        if (copy[i].status != GNTST_okay)
            return false;
    return true;
}

/* Its frame is made to be written, or it is bad. */
static void send_one(struct queue *q, struct sending *s)
{
    struct net_packet *p = &s->packet;
    struct virtio_net_hdr h;

    s->written = NULL;
    if (p->multicast) {
        multicast_change(q->nic, p);
        return;
    }
    if (!p->bad && !copied(s->first, s->end))
        p->bad = "a grant that cannot be read";
    if (!p->bad && !netframe_to_tap(s->frame, p->size, p->flags, p->gso_type, p->gso_size, &h))
        p->bad = "its headers are not what its flags say";
    if (p->bad)
        return;
    memcpy(s->frame - sizeof(h), &h, sizeof(h));
    s->written = &writes[nr_writes++];
    *s->written = (struct tap_piece){.at = s->frame - sizeof(h), .bytes = (uint32_t)sizeof(h) + p->size};
}

/* A tap that is down or full loses the frame, as a line does: the guest is told of its own mistakes alone. */
static bool sent_one(struct queue *q, struct sending *s)
{
    if (!s->packet.bad && s->written && s->written->result == -EINVAL)
        s->packet.bad = "the tap refuses it";
    if (s->packet.bad)
        complain(q->nic, s->packet.bad);
    return !s->packet.bad;
}

/* Takes a batch of packets; how many, or -1: the ring is broken. *more: there may be others. */
static int collect(struct queue *q, bool *credit, bool *more)
{
    uint8_t *to = tx_area + HEADER;
    const char *why = "an impossible index";
    int n = 0;

    *more = true;
    if (net_tx_look(&q->tx) < 0)
        goto broken;
    while (n < PACKETS && copies < COPIES && to + NET_PAGE + XEN_NETIF_MAX_TX_SIZE < tx_area + TX_AREA) {
        struct sending *s = &sending[n];
        enum net_take t;

        if (!(*credit = credit_left(q->nic)))
            break;
        t = net_tx_take(&q->tx, &s->packet, &why);
        if (t == NET_BROKEN)
            goto broken;
        if (t == NET_NOTHING) {
            *more = false;
            break;
        }
        n++;
        s->first = s->end = copies;
        if (s->packet.bad || s->packet.multicast)
            continue;
        credit_take(q->nic, s->packet.size);
        to = place(&s->packet, to);
        copy_in(q, s, to);
        to += (s->packet.size + 2 * HEADER - 1) & ~(uint32_t)(HEADER - 1);
    }
    return n;
broken:
    device_kill(q->nic->device, "its transmit ring cannot be: %s", why);
    return -1;
}

static void transmit_begin(struct queue *q, int n)
{
    if (n)
        linger_found(&q->linger, linger_clock());
    for (int i = 0; i < n; i++)
        send_one(q, &sending[i]);
}

/* Whether the guest wants to hear of it. */
static bool transmit_end(struct queue *q, int n)
{
    for (int i = 0; i < n; i++) {
        bool sent = sent_one(q, &sending[i]);

        net_tx_answer(&q->tx, &sending[i].packet, sent);
    }
    q->tx_idle = n ? 0 : q->tx_idle;
    return net_tx_push(&q->tx);
}

/* False: the queue is no more. */
static bool transmit_rest(struct queue *q, int n, bool credit, bool more)
{
    if (!credit) {
        q->tx_work = false; /* the timer wakes it; its channel stays masked */
        if (!credit_wait(q->nic)) {
            device_kill(q->nic->device, "no timer for its rate");
            return false;
        }
    } else if (!more) {
        q->tx_work = linger_more(&q->linger, n > 0, linger_clock()) || net_tx_wait(&q->tx);
    }
    return true;
}

/* ---- what it receives ---- */

static bool wants_frame(const struct nic *n, const uint8_t *frame)
{
    static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    if (!n->filtered || !(frame[0] & 1) || !memcmp(frame, all, sizeof(all)))
        return true;
    for (unsigned i = 0; i < n->multicasts; i++)
        if (!memcmp(n->multicast[i], frame, 6))
            return true;
    return false;
}

/* So many reads wait as there were frames together of late. */
static void reads_learn(struct queue *q, unsigned n)
{
    if (n < q->reads)
        q->reads--;
    else if (q->reads > 1 || ++q->alone % ALONE_TRY == 0)
        q->reads = q->reads < TAP_READS / 2 ? 2 * q->reads : TAP_READS;
}

/* For as many as there are certainly buffers, after the first. */
static void reads_wait(struct queue *q)
{
    int buffers = q->reads > 1 ? net_rx_look(&q->rx) : 0;
    unsigned n = q->reads;

    while (n > 1 && buffers < (int)n * NET_RX_SLOTS)
        n--;
    if (!q->starved)
        tap_watch_arm(q->watch, n);
}

static void copy_out(const struct queue *q, struct receiving *r, uint8_t *frame)
{
    r->first = copies;
    for (unsigned i = 0; i < r->reception.slots; i++) {
        const struct net_slot *s = &r->reception.slot[i];

        if (!s->size)
            continue;
        copy[copies++] = (xengnttab_grant_copy_segment_t){.source.virt = frame,
                                                          .dest.foreign = {.ref = s->ref, .offset = 0, .domid = (domid_t)q->nic->device->domid},
                                                          .len = s->size,
                                                          .flags = GNTCOPY_dest_gref};
        frame += s->size;
    }
    r->end = copies;
}

/* A frame into the guest's buffers: 1, or 0: it is not for it, or -1: *needs buffers, and it is as it was. */
static int fill_one(struct queue *q, const struct tap_piece *piece, struct receiving *r, unsigned *needs)
{
    uint32_t size = (uint32_t)piece->result - (uint32_t)sizeof(struct virtio_net_hdr), slots;
    uint8_t *frame = (uint8_t *)piece->at + sizeof(struct virtio_net_hdr);
    struct virtio_net_hdr h;

    if (piece->result < (int)sizeof(h) + NET_FRAME_MIN || size > q->nic->largest || !wants_frame(q->nic, frame))
        return 0;
    memcpy(&h, piece->at, sizeof(h));
    slots = net_rx_needs(size, h.gso_type != VIRTIO_NET_HDR_GSO_NONE);
    if (q->rx.req_prod - q->rx.req_cons < slots) {
        *needs = slots;
        return -1;
    }
    if (!netframe_from_tap(frame, size, &h, &q->nic->wants, &r->reception) || !net_rx_take(&q->rx, &r->reception))
        return 0;
    copy_out(q, r, frame);
    segments |= h.gso_type != VIRTIO_NET_HDR_GSO_NONE;
    return 1;
}

/* What was read, into copies; how many frames, or -1: the queue is no more. */
static int receive_begin(struct queue *q)
{
    const struct tap_piece *piece;
    unsigned i = 0, needs = 0;
    int n = 0, filled = 0;

    if (net_rx_look(&q->rx) < 0) {
        device_kill(q->nic->device, "its receive ring cannot be: an impossible index");
        return -1;
    }
    while ((piece = tap_watch_came(q->watch, i)) && (filled = fill_one(q, piece, &receiving[n], &needs)) >= 0) {
        n += filled;
        i++;
    }
    frames = i;
    q->starved = needs && !net_rx_wait(&q->rx, needs);
    q->rx_work = needs && !q->starved;
    return n;
}

/* They were copied. */
static void receive_end(struct queue *q, int n)
{
    tap_watch_drop(q->watch, frames);
    if (q->starved)
        tap_watch_keep(q->watch);
    for (int i = 0; i < n; i++)
        net_rx_answer(&q->rx, &receiving[i].reception, copied(receiving[i].first, receiving[i].end));
    if (n) {
        q->rx_idle = 0;
        q->tx_idle = q->rx_port.local < 0 ? 0 : q->tx_idle;
    }
}

/* ---- rounds ---- */

/* What the guest sends, and what came for it, are copied by one call. What is sent is often answered at once: by another one.
 * False: the queue is no more. */
static bool exchange(struct queue *q)
{
    bool credit = true, more = true, sends = q->tx_work, came = q->rx_work;
    struct port *tell[PORTS_NOTIFIED];
    int n = 0, received = 0, answers = 0;
    unsigned tells = 0;

    copies = nr_writes = 0;
    if ((sends && (n = collect(q, &credit, &more)) < 0) || (came && (received = receive_begin(q)) < 0))
        return false;
    copy_all();
    transmit_begin(q, n);
    if (came)
        receive_end(q, received);
    if (nr_writes) {
        reads_wait(q); /* what waits anew goes with them */
        tap_batch(q->tap, writes, nr_writes);
    }
    if (nr_writes && q->rx_work) {
        copies = 0;
        if ((answers = receive_begin(q)) < 0)
            return false;
        copy_all();
        receive_end(q, answers);
    }
    received += answers;
    if (received)
        reads_learn(q, (unsigned)received);
    if (sends && transmit_end(q, n))
        tell[tells++] = &q->tx_port;
    if (sends && !transmit_rest(q, n, credit, more))
        return false;
    if (net_rx_push(&q->rx) && (q->rx_port.local >= 0 || !tells))
        tell[tells++] = q->rx_port.local < 0 ? &q->tx_port : &q->rx_port;
    if (tells) /* a stream to the guest only falls apart into more turns where it is given the processor */
        linger_notify(&q->linger, tell, tells,
                      received == 1 && receiving[0].end == receiving[0].first + 1 && waiting == q->listed);
    return true;
}

static bool work(struct queue *q)
{
    if (!exchange(q))
        return false;
    if (!q->tx_work && !q->rx_work)
        reads_wait(q); /* before, it would cost a system call of its own */
    if (q->tx_idle >= IDLE_MOST || q->rx_idle >= IDLE_MOST) {
        q->tx_idle = q->rx_idle = IDLE_MOST - 1; /* the next one for nothing, after the pause, begins another */
        q->paused = credit_pause(q->nic);
    }
    if (q->paused)
        return true;
    if (q->tx_masked && !q->tx_work && credit_left(q->nic)) {
        q->tx_masked = false;
        port_unmask(&q->tx_port);
    }
    if (q->rx_masked && !q->rx_work) {
        q->rx_masked = false;
        port_unmask(&q->rx_port);
    }
    return true;
}

bool netqueue_round(void)
{
    struct queue *q;

    /* A queue that ends takes its card's other queues along, out of the line too. */
    for (unsigned n = waiting; n && (q = TAILQ_FIRST(&line)); n--) {
        unlist(q);
        if (!work(q))
            continue;
        if (q->tx_work || q->rx_work)
            list(q);
        else
            unlist(q); /* a frame that came while it worked is done */
    }
    turn_round(segments);
    segments = false;
    return waiting;
}

int netqueue_open(struct queue *q, const uint32_t refs[2], const uint32_t ports[2], const char **what)
{
    unsigned domid = q->nic->device->domid;
    int err = 0;

    q->tx_port = (struct port){.event = tx_event, .local = -1};
    q->rx_port = (struct port){.event = rx_event, .local = -1};
    q->tap_source.event = tap_event;
    q->reads = 1;
    *what = "mapping its rings";
    if (!(q->tx_page = grants_map(domid, &refs[0], 1, true)) || !(q->rx_page = grants_map(domid, &refs[1], 1, true)))
        return errno;
    *what = "its rings' indices are impossible";
    if (!net_tx_start(&q->tx, q->tx_page) || !net_rx_start(&q->rx, q->rx_page))
        return EINVAL;
    *what = "binding its event channels";
    if ((err = port_bind(&q->tx_port, domid, ports[0])))
        return err;
    if (ports[1] != ports[0] && (err = port_bind(&q->rx_port, domid, ports[1])))
        return err;
    *what = "watching its tap";
    q->watch = tap_watch_open(q->tap, &q->tap_source);
    return q->watch ? 0 : ENOMEM;
}

void netqueue_close(struct queue *q)
{
    unlist(q);
    tap_watch_close(q->watch);
    q->watch = NULL;
    port_unbind(&q->tx_port);
    port_unbind(&q->rx_port);
    if (q->tx_page)
        grants_unmap(q->tx_page, 1);
    if (q->rx_page)
        grants_unmap(q->rx_page, 1);
    loop_bury(&q->tap_source);
}
