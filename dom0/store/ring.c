/* SPDX-License-Identifier: MIT */
#include "ring.h"
#include "domains.h"
#include "hv.h"
#include "life.h"
#include "log.h"
#include "watch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/grant_table.h>
#include <xen/xen.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

static xenevtchn_handle *events;
static xengnttab_handle *grants;
static xenforeignmemory_handle *foreign;
static struct ring *rings[NR_DOMIDS];
static struct ring **by_port;
static unsigned nr_ports;
static int exc_port = -1;

struct ring *ring_of(unsigned id)
{
    return id < NR_DOMIDS ? rings[id] : NULL;
}

int ring_open(void)
{
    events = xenevtchn_open(NULL, 0);
    grants = xengnttab_open(NULL, 0);
    foreign = xenforeignmemory_open(NULL, 0);
    if (!events) {
        log_line(LOG_NOTE, "no event channels (%s): sockets only", strerror(errno));
        return 0;
    }
    exc_port = xenevtchn_bind_virq(events, VIRQ_DOM_EXC);
    if (exc_port < 0)
        log_line(LOG_ERROR, "deaths of domains will not be noticed: %s", strerror(errno));
    return 0;
}

int ring_events_fd(void)
{
    return events ? xenevtchn_fd(events) : -1;
}

static void notify(struct ring *r)
{
    if (r->port >= 0)
        xenevtchn_notify(events, (evtchn_port_t)r->port);
}

/* ---- bytes ---- */

static ssize_t fault(struct ring *r, uint32_t error)
{
    __atomic_store_n(&r->page->error, error, __ATOMIC_RELEASE);
    return -1;
}

static ssize_t ring_read(struct conn *c, void *buffer, size_t n)
{
    struct ring *r = (struct ring *)c;
    uint32_t cons = __atomic_load_n(&r->page->req_cons, __ATOMIC_RELAXED), at = MASK_XENSTORE_IDX(cons);
    uint32_t there = __atomic_load_n(&r->page->req_prod, __ATOMIC_ACQUIRE) - cons;

    if (r->broken)
        return 0;
    if (there > XENSTORE_RING_SIZE)
        return fault(r, XENSTORE_ERROR_RINGIDX);
    n = n < there ? n : there;
    n = n < XENSTORE_RING_SIZE - at ? n : XENSTORE_RING_SIZE - at;
    if (!n)
        return 0;
    memcpy(buffer, r->page->req + at, n);
    __atomic_store_n(&r->page->req_cons, cons + (uint32_t)n, __ATOMIC_RELEASE);
    r->said = true;
    return (ssize_t)n;
}

static ssize_t ring_write(struct conn *c, const void *data, size_t n)
{
    struct ring *r = (struct ring *)c;
    uint32_t prod = __atomic_load_n(&r->page->rsp_prod, __ATOMIC_RELAXED), at = MASK_XENSTORE_IDX(prod);
    uint32_t there = prod - __atomic_load_n(&r->page->rsp_cons, __ATOMIC_ACQUIRE);

    if (r->broken)
        return 0;
    if (there > XENSTORE_RING_SIZE)
        return fault(r, XENSTORE_ERROR_RINGIDX);
    n = n < XENSTORE_RING_SIZE - there ? n : XENSTORE_RING_SIZE - there;
    n = n < XENSTORE_RING_SIZE - at ? n : XENSTORE_RING_SIZE - at;
    if (!n)
        return 0;
    memcpy(r->page->rsp + at, data, n);
    __atomic_store_n(&r->page->rsp_prod, prod + (uint32_t)n, __ATOMIC_RELEASE);
    r->said = true;
    return (ssize_t)n;
}

static bool ring_end(struct conn *c)
{
    ((struct ring *)c)->broken = true;
    return false;
}

static void ring_release(struct conn *c)
{
    struct ring *r = (struct ring *)c;

    if (r->port >= 0) {
        by_port[r->port] = NULL;
        xenevtchn_unbind(events, (evtchn_port_t)r->port);
    }
    if (r->by_grant)
        xengnttab_unmap(grants, r->page, 1);
    else if (c->id == 0)
        munmap(r->page, getpagesize());
    else
        xenforeignmemory_unmap(foreign, r->page, 1);
    rings[c->id] = NULL;
    free(r);
}

/* Once a turn, however many messages it had. */
static void ring_served(struct conn *c)
{
    struct ring *r = (struct ring *)c;

    if (r->said)
        notify(r);
    r->said = false;
}

static bool ring_gone(struct conn *c)
{
    (void)c;
    return true;
}

static const struct conn_ops ring_ops = {ring_read, ring_write, ring_end, ring_release, ring_served};
static const struct conn_ops gone_ops = {ring_read, ring_write, ring_gone, ring_release, ring_served};

void ring_stop(struct ring *r)
{
    r->conn.ops = &gone_ops;
    conn_end(&r->conn);
}

/* The guest lost its connection, by a kexec say, and asks for a clean one. */
static void reconnect(struct ring *r)
{
    log_line(LOG_DETAIL, "domain %u connects anew", r->conn.id);
    conn_forget(&r->conn);
    r->broken = false;
    r->page->req_cons = r->page->req_prod = r->page->rsp_cons = r->page->rsp_prod = 0;
    __atomic_store_n(&r->page->error, XENSTORE_ERROR_NONE, __ATOMIC_RELEASE);
    __atomic_store_n(&r->page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    notify(r);
}

/* ---- starting ---- */

static bool port_remember(struct ring *r)
{
    unsigned port = (unsigned)r->port;

    if (port >= nr_ports) {
        unsigned n = (port | 1023) + 1;
        struct ring **new = realloc(by_port, n * sizeof(*new));

        if (!new)
            return false;
        memset(new + nr_ports, 0, (n - nr_ports) * sizeof(*new));
        by_port = new;
        nr_ports = n;
    }
    by_port[port] = r;
    return true;
}

static int map_page(struct ring *r, unsigned id, uint64_t gfn)
{
    xen_pfn_t frame = gfn;

    r->page = grants ? xengnttab_map_grant_ref(grants, id, GNTTAB_RESERVED_XENSTORE, PROT_READ | PROT_WRITE) : NULL;
    r->by_grant = r->page;
    if (!r->page && foreign)
        r->page = xenforeignmemory_map(foreign, id, PROT_READ | PROT_WRITE, 1, &frame, NULL);
    return r->page ? 0 : EINVAL;
}

static int ring_bind(struct ring *r, unsigned id, uint32_t remote_port)
{
    r->port = xenevtchn_bind_interdomain(events, id, remote_port);
    if (r->port < 0)
        return errno ? errno : EINVAL;
    return port_remember(r) ? 0 : ENOMEM;
}

static int ring_add(struct ring *r, unsigned id, uint64_t gfn, uint32_t remote_port)
{
    int rc = ring_bind(r, id, remote_port);

    if (rc)
        return rc;
    r->gfn = gfn;
    r->remote_port = remote_port;
    conn_init(&r->conn, &ring_ops, id);
    rings[id] = r;
    __atomic_store_n(&r->page->server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR, __ATOMIC_RELEASE);
    __atomic_store_n(&r->page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    conn_ready(&r->conn);
    notify(r);
    return 0;
}

int ring_start(unsigned id, uint64_t gfn, uint32_t remote_port)
{
    struct ring *r;
    int rc;

    if (!events)
        return ENOSYS;
    r = calloc(1, sizeof(*r));
    if (!r)
        return ENOMEM;
    r->port = -1;
    rc = map_page(r, id, gfn);
    if (!rc)
        rc = ring_add(r, id, gfn, remote_port);
    if (!rc)
        return 0;
    if (r->page && r->by_grant)
        xengnttab_unmap(grants, r->page, 1);
    else if (r->page)
        xenforeignmemory_unmap(foreign, r->page, 1);
    if (r->port >= 0)
        xenevtchn_unbind(events, (evtchn_port_t)r->port);
    free(r);
    return rc;
}

static uint32_t proc_number(const char *path)
{
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        if (read(fd, text, sizeof(text) - 1) < 0)
            text[0] = 0;
        close(fd);
    }
    return (uint32_t)strtoul(text, NULL, 10);
}

int ring_start_local(void)
{
    int fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);
    struct ring *r = calloc(1, sizeof(*r));
    int rc = ENODEV;

    if (fd >= 0 && r && events) {
        r->port = -1;
        r->page = mmap(NULL, (size_t)getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (r->page == MAP_FAILED)
            r->page = NULL;
        rc = r->page ? ring_add(r, 0, 0, proc_number("/proc/xen/xsd_port")) : errno;
    }
    if (fd >= 0)
        close(fd);
    if (rc) {
        if (r && r->page)
            munmap(r->page, (size_t)getpagesize());
        free(r);
    }
    return rc;
}

int ring_again(struct ring *r, uint32_t remote_port)
{
    int rc;

    if (r->port >= 0) {
        by_port[r->port] = NULL;
        xenevtchn_unbind(events, (evtchn_port_t)r->port);
    }
    r->remote_port = remote_port;
    rc = ring_bind(r, r->conn.id, remote_port);
    if (rc) {
        log_line(LOG_NOTE, "domain %u cannot be heard: %s", r->conn.id, strerror(rc));
        r->port = -1;
    }
    reconnect(r);
    return 0;
}

/* ---- events ---- */

/* LIMIT: the event does not say who died, so a death costs a walk over all domains (xenstored: a hypercall for each).
 * The list comes in ascending order, so that one walk over it and over the numbers meets all. */
void ring_check_domains(void)
{
    struct hv_domain list[HV_BATCH];
    unsigned next = 0;
    bool released = false;

    for (;;) {
        int n = hv_domains(next, list, HV_BATCH);

        if (n < 0) {
            log_line(LOG_ERROR, "cannot list the domains: %s", strerror(errno));
            return;
        }
        for (int i = 0; i <= n; i++) {
            unsigned end = i < n ? list[i].id : n == HV_BATCH ? next : NR_DOMIDS;

            for (; next < end; next++)
                if (next && domains_account(next)->born)
                    released |= domain_gone(next);
            if (i == n)
                break;
            next = list[i].id + 1;
            if (list[i].dying && domains_account(list[i].id)->born)
                released |= domain_gone(list[i].id);
            else if (list[i].shutdown && domains_account(list[i].id)->introduced &&
                     !domains_account(list[i].id)->shutdown_seen)
                released = domains_account(list[i].id)->shutdown_seen = true;
        }
        if (n < HV_BATCH)
            break;
    }
    if (released)
        watch_fire_special("@releaseDomain");
}

void ring_events(void)
{
    /* One at a time: each read of the device costs a system call, but only for ports that rang. */
    int port = xenevtchn_pending(events);

    if (port < 0)
        return;
    xenevtchn_unmask(events, (evtchn_port_t)port);
    if (port == exc_port) {
        ring_check_domains();
        return;
    }
    if ((unsigned)port < nr_ports && by_port[port]) {
        struct ring *r = by_port[port];

        if (__atomic_load_n(&r->page->connection, __ATOMIC_ACQUIRE) == XENSTORE_RECONNECT)
            reconnect(r);
        conn_ready(&r->conn);
    }
}
