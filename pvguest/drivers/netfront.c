/* SPDX-License-Identifier: MIT */
#include "netfront.h"

#include "nic.h"

#define NICS_MAX 8

static struct net *nics[NICS_MAX];

static void rang(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
}

/* ---- Pages ---- */

static long grant_side(struct net *n, struct nic_side *s, unsigned int flags, size_t entry_size)
{
    if (pages_left() < NIC_ENTRIES + 32)
        return -XEN_ENOMEM;
    s->ring_page = page_alloc();
    front_ring_init(&s->ring, s->ring_page, 1, entry_size);
    s->ring_ref = grant_page(n->bus.back_dom, s->ring_page, 0);
    for (unsigned int i = 0; i < NIC_ENTRIES; i++) {
        struct nic_page *p = &s->pages[i];

        if (!p->page) {
            p->ref = grant_try_alloc();
            if (!p->ref)
                return -XEN_ENOSPC;
            p->page = page_alloc();
        }
        grant_access(p->ref, n->bus.back_dom, va_to_mfn(p->page), flags);
        p->granted = true;
    }
    return 0;
}

/* What the back end does not let go of is never used again. */
static void take_back(struct nic_side *s)
{
    for (unsigned int i = 0; i < NIC_ENTRIES; i++) {
        struct nic_page *p = &s->pages[i];

        if (p->granted && !grant_end(p->ref))
            p->page = NULL;
        p->granted = false;
    }
    if (s->ring_page && grant_end(s->ring_ref)) {
        grant_free(s->ring_ref);
        page_free(s->ring_page);
    }
    s->ring_page = NULL;
}

/* ---- Connecting ---- */

static void read_front(struct net *n)
{
    char path[STORE_PATH_MAX], text[32], *at = text;
    uint64_t mtu;

    memcpy(n->mac, (uint8_t[]){0, 0x16, 0x3e, 0, 0, (uint8_t)n->bus.id}, 6);
    snprintf(path, sizeof(path), "%s/mac", n->bus.front);
    if (store_read(STORE_NO_TX, path, text, sizeof(text)) == 17)
        for (int i = 0; i < 6; i++, at++)
            n->mac[i] = (uint8_t)strtoul(at, &at, 16);
    snprintf(path, sizeof(path), "%s/mtu", n->bus.front);
    mtu = store_number_or(path, 1500);
    n->mtu = mtu >= 68 && mtu <= 65535 ? (unsigned int)mtu : 1500;
}

static long open_port(struct net *n, evtchn_port_t *port)
{
    long rc = evtchn_alloc_unbound(DOMID_SELF, n->bus.back_dom);

    if (rc < 0)
        return rc;
    *port = (evtchn_port_t)rc;
    evtchn_set_handler(*port, rang, NULL);
    return 0;
}

static long publish_ports(struct net *n)
{
    struct xenbus_device *d = &n->bus;
    long rc = open_port(n, &n->tx.port);

    n->split = xenbus_back_number(d, "feature-split-event-channels", 0) == 1;
    n->rx.port = n->tx.port;
    xenbus_remove(d, n->split ? "event-channel" : "event-channel-tx");
    xenbus_remove(d, n->split ? "event-channel" : "event-channel-rx");
    if (rc || !n->split)
        return rc ? rc : xenbus_write(d, "event-channel", "%u", n->tx.port);
    rc = open_port(n, &n->rx.port);
    if (!rc)
        rc = xenbus_write(d, "event-channel-tx", "%u", n->tx.port);
    return rc ? rc : xenbus_write(d, "event-channel-rx", "%u", n->rx.port);
}

static long net_publish(struct xenbus_device *d)
{
    static const char *const features[] = {"request-rx-copy", "feature-rx-notify", "feature-sg",
                                           "feature-gso-tcpv4"};
    struct net *n = (struct net *)d;
    long rc;

    if (xenbus_back_number(d, "feature-rx-copy", 0) != 1)
        return -XEN_EOPNOTSUPP;
    read_front(n);
    n->sg = xenbus_back_number(d, "feature-sg", 0) == 1;
    n->tso = n->sg && xenbus_back_number(d, "feature-gso-tcpv4", 0) == 1;
    n->checksums = xenbus_back_number(d, "feature-no-csum-offload", 0) != 1;
    rc = grant_side(n, &n->tx, GTF_readonly, sizeof(union nic_tx));
    if (!rc)
        rc = grant_side(n, &n->rx, 0, sizeof(union nic_rx));
    if (!rc)
        rc = publish_ports(n);
    if (!rc)
        rc = xenbus_write(d, "tx-ring-ref", "%u", n->tx.ring_ref);
    if (!rc)
        rc = xenbus_write(d, "rx-ring-ref", "%u", n->rx.ring_ref);
    for (unsigned int i = 0; !rc && i < sizeof(features) / sizeof(features[0]); i++)
        rc = xenbus_write(d, features[i], "1");
    if (!rc)
        nic_start(n);
    return rc;
}

static long net_connect(struct xenbus_device *d)
{
    struct net *n = (struct net *)d;

    n->up = true;
    evtchn_send(n->rx.port); /* The requests were there before the back end was. */
    return 0;
}

static void net_changed(struct xenbus_device *d)
{
    (void)d;
}

static void net_stop(struct xenbus_device *d)
{
    struct net *n = (struct net *)d;

    n->up = false;
    n->slots = 0;
    if (n->rx.port && n->rx.port != n->tx.port)
        evtchn_close(n->rx.port);
    if (n->tx.port)
        evtchn_close(n->tx.port);
    n->tx.port = n->rx.port = 0;
}

static void net_release(struct xenbus_device *d)
{
    struct net *n = (struct net *)d;

    take_back(&n->tx);
    take_back(&n->rx);
}

/* ---- Coming and going ---- */

static struct xenbus_device *net_attach(unsigned int id)
{
    struct net *n = NULL;

    for (unsigned int i = 0; i < NICS_MAX && !n; i++) {
        if (!nics[i])
            nics[i] = pages_alloc((sizeof(*n) + PAGE_SIZE - 1) / PAGE_SIZE);
        if (!nics[i]->attached)
            n = nics[i];
    }
    if (!n)
        return NULL;
    n->bus = (struct xenbus_device){.id = id};
    n->counts = (struct net_count){0};
    n->attached = true;
    return &n->bus;
}

static void net_detach(struct xenbus_device *d)
{
    ((struct net *)d)->attached = false;
}

static const struct xenbus_driver net_driver = {
    .kind = "vif",
    .published = XenbusStateConnected,
    .attach = net_attach,
    .publish = net_publish,
    .connect = net_connect,
    .changed = net_changed,
    .stop = net_stop,
    .release = net_release,
    .detach = net_detach,
};

/* ---- What the guest sees ---- */

struct wish {
    unsigned int n;
    struct net *found;
};

static bool granted(void *arg)
{
    struct wish *w = arg;

    w->found = NULL;
    for (unsigned int i = 0; i < NICS_MAX && nics[i]; i++) {
        unsigned int before = 0;

        for (unsigned int j = 0; j < NICS_MAX && nics[j]; j++)
            before += nics[j]->attached && nics[j]->bus.id < nics[i]->bus.id;
        if (nics[i]->up && before == w->n)
            w->found = nics[i];
    }
    return w->found;
}

struct net *net_open(unsigned int n, uint64_t deadline)
{
    static bool registered;
    struct wish w = {.n = n};

    if (!registered && xenbus_register(&net_driver))
        return NULL;
    registered = true;
    thread_wait(granted, &w, deadline);
    return w.found;
}

unsigned int net_id(const struct net *n)
{
    return n->bus.id;
}

bool net_connected(const struct net *n)
{
    return n->up;
}

const char *net_dead(const struct net *n)
{
    return n->bus.dead;
}

bool net_gone(const struct net *n)
{
    return !n->attached;
}

const uint8_t *net_mac(const struct net *n)
{
    return n->mac;
}

unsigned int net_mtu(const struct net *n)
{
    return n->mtu;
}

bool net_checksums(const struct net *n)
{
    return n->checksums;
}

bool net_tso(const struct net *n)
{
    return n->tso;
}

bool net_back_key(struct net *n, const char *key, char *out, size_t size)
{
    return xenbus_read_back(&n->bus, key, out, size) > 0;
}

void net_describe(const struct net *n, char *out, size_t size)
{
    snprintf(out, size, "%02x:%02x:%02x:%02x:%02x:%02x, mtu %u%s%s%s%s", n->mac[0], n->mac[1],
             n->mac[2], n->mac[3], n->mac[4], n->mac[5], n->mtu, n->sg ? ", sg" : "",
             n->checksums ? ", checksums" : "", n->tso ? ", tso" : "",
             n->split ? ", split events" : "");
}

struct net_count net_counts(const struct net *n)
{
    return n->counts;
}
