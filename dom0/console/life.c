/* SPDX-License-Identifier: MIT */
/* Beginning and end of guests, and what of them is the hypervisor's: pages and ports. */
#define _GNU_SOURCE
#include "guest.h"
#include "client.h"
#include "daemon.h"
#include "log.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

static struct guest *by_id[NR_DOMIDS];
static struct guest **by_port;
static unsigned nr_ports;
static bool refused[NR_DOMIDS]; /* it was said that its console cannot be taken */

static void (*log_news)(void);
static int log_port = -1;

static xenevtchn_handle *events;
static xengnttab_handle *grants;
static xenforeignmemory_handle *foreign;
static struct source events_source;

struct guest *guest_of(unsigned id)
{
    return id < NR_DOMIDS ? by_id[id] : NULL;
}

void guest_notify(struct guest *g)
{
    xenevtchn_notify(events, (evtchn_port_t)g->port);
}

void guest_unmask(struct guest *g)
{
    xenevtchn_unmask(events, (evtchn_port_t)g->port);
}

/* ---- taking ---- */

static bool port_remember(unsigned port, struct guest *g)
{
    if (port >= nr_ports) {
        unsigned n = (port | 1023) + 1;
        struct guest **new = realloc(by_port, n * sizeof(*new));

        if (!new)
            return false;
        memset(new + nr_ports, 0, (n - nr_ports) * sizeof(*new));
        by_port = new;
        nr_ports = n;
    }
    by_port[port] = g;
    return true;
}

static void release(struct guest *g)
{
    if (g->port >= 0) {
        if ((unsigned)g->port < nr_ports)
            by_port[g->port] = NULL;
        xenevtchn_unbind(events, (evtchn_port_t)g->port);
    }
    if (g->ring.page && g->by_grant)
        xengnttab_unmap(grants, g->ring.page, 1);
    else if (g->ring.page)
        xenforeignmemory_unmap(foreign, g->ring.page, 1);
    history_put(g->history);
    free(g->log_path);
    loop_bury(&g->terminal);
}

static int map_page(struct guest *g, uint64_t frame)
{
    struct xencons_interface *page = NULL;
    xen_pfn_t pfn = frame;

    if (grants)
        page = xengnttab_map_grant_ref(grants, g->id, GNTTAB_RESERVED_CONSOLE, PROT_READ | PROT_WRITE);
    g->by_grant = page;
    if (!page && foreign && frame)
        page = xenforeignmemory_map(foreign, g->id, PROT_READ | PROT_WRITE, 1, &pfn, NULL);
    if (!page)
        return errno ? errno : EINVAL;
    console_ring_start(&g->ring, page);
    return 0;
}

static int attach(struct guest *g, uint64_t frame, uint32_t port)
{
    int rc = map_page(g, frame);

    if (rc)
        return rc;
    g->port = xenevtchn_bind_interdomain(events, g->id, port);
    if (g->port < 0)
        return errno ? errno : EINVAL;
    g->history = history_new();
    return g->history && port_remember((unsigned)g->port, g) ? 0 : ENOMEM;
}

int guest_connect(const struct hv_domain *d, uint64_t frame, uint32_t port)
{
    struct guest *g = calloc(1, sizeof(*g));
    int rc;

    if (!g)
        return ENOMEM;
    g->id = d->id;
    memcpy(g->uuid, d->uuid, sizeof(g->uuid));
    snprintf(g->name, sizeof(g->name), "domain-%u", g->id);
    g->port = g->master = g->slave = -1;
    TAILQ_INIT(&g->clients);
    rc = attach(g, frame, port);
    if (rc) {
        if (!refused[d->id])
            log_line(LOG_NOTE, "domain %u: its console cannot be taken: %s", d->id, strerror(rc));
        refused[d->id] = true;
        release(g);
        return rc;
    }
    log_line(LOG_DETAIL, "domain %u: its console is taken%s", d->id, g->by_grant ? "" : " by its frame");
    refused[d->id] = false;
    by_id[d->id] = g;
    TAILQ_INSERT_TAIL(&guests, g, all);
    guest_wait(g);
    return 0;
}

/* ---- ending ---- */

static void bury(struct guest *g)
{
    struct dead *d = calloc(1, sizeof(*d));
    static unsigned nr_dead;

    if (!d)
        return;
    d->id = g->id;
    memcpy(d->uuid, g->uuid, sizeof(d->uuid));
    memcpy(d->name, g->name, sizeof(d->name));
    d->history = history_get(g->history);
    TAILQ_INSERT_HEAD(&dead, d, all);
    if (++nr_dead <= GUESTS_DEAD)
        return;
    d = TAILQ_LAST(&dead, dead_list);
    TAILQ_REMOVE(&dead, d, all);
    history_put(d->history);
    free(d);
    nr_dead--;
}

void guest_end(struct guest *g)
{
    if (!g->named)
        guest_begin(g, false);
    /* It cannot run any more; but its page may be somebody else's, too, who shall not keep us here. */
    for (unsigned i = 0; i < 2 && guest_drain(g); i++)
        ;
    log_line(LOG_DETAIL, "%s (domain %u) has ended", g->name, g->id);
    guest_leave(g);
    bury(g);
    clients_ended(g);
    terminal_close(g);
    by_id[g->id] = NULL;
    TAILQ_REMOVE(&guests, g, all);
    release(g);
}

/* ---- events ---- */

static void event(struct source *s, uint32_t what)
{
    int port;

    (void)s;
    (void)what;
    /* One at a time: each read of the device costs a system call, but only for ports that rang. */
    port = xenevtchn_pending(events);
    if (port < 0)
        return;
    if (port == log_port) {
        xenevtchn_unmask(events, (evtchn_port_t)port);
        log_news();
    } else if ((unsigned)port < nr_ports && by_port[port]) {
        by_port[port]->masked = true;
        guest_wait(by_port[port]);
    } else {
        xenevtchn_unmask(events, (evtchn_port_t)port);
    }
}

int guests_open(void)
{
    events = xenevtchn_open(NULL, 0);
    grants = xengnttab_open(NULL, 0);
    foreign = xenforeignmemory_open(NULL, 0);
    if (!events || (!grants && !foreign))
        return -1;
    events_source.event = event;
    return loop_add(xenevtchn_fd(events), &events_source, EPOLLIN);
}

int guests_log_events(void (*news)(void))
{
    log_news = news;
    log_port = xenevtchn_bind_virq(events, VIRQ_CON_RING);
    return log_port < 0 ? -1 : 0;
}
