/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "backend.h"
#include "log.h"
#include "loop.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>

#define PORTS_A_READ 256
#define NR_PORTS (1u << 17) /* the FIFO ABI's */

static xenevtchn_handle *handle;
static struct source source;
static struct port **table; /* by local port */
static unsigned table_size;
static evtchn_port_t to_unmask[PORTS_A_READ];
static unsigned nr_unmask;

/* The device speaks arrays of ports: one system call for many of them. */
static void ports_event(struct source *s, uint32_t events)
{
    evtchn_port_t ports[PORTS_A_READ];
    ssize_t n = read(xenevtchn_fd(handle), ports, sizeof(ports));

    (void)s;
    (void)events;
    if (n < 0 && errno == EFBIG) {
        log_line(LOG_ERROR, "event channels came faster than they were read");
        return;
    }
    for (ssize_t i = 0; i < n / (ssize_t)sizeof(ports[0]); i++)
        if (ports[i] < table_size && table[ports[i]])
            table[ports[i]]->event(table[ports[i]]);
}

int ports_open(void)
{
    handle = xenevtchn_open(NULL, 0);
    if (!handle)
        return -1;
    source.event = ports_event;
    return loop_add(xenevtchn_fd(handle), &source, EPOLLIN);
}

int port_bind(struct port *p, unsigned domid, uint32_t remote)
{
    int local = xenevtchn_bind_interdomain(handle, domid, remote);

    if (local < 0)
        return errno;
    if ((unsigned)local >= table_size) {
        unsigned size = ((unsigned)local | 255) + 1;
        struct port **larger = (unsigned)local < NR_PORTS ? realloc(table, size * sizeof(table[0])) : NULL;

        if (!larger) {
            xenevtchn_unbind(handle, (evtchn_port_t)local);
            return ENOMEM;
        }
        memset(larger + table_size, 0, (size - table_size) * sizeof(table[0]));
        table = larger;
        table_size = size;
    }
    table[local] = p;
    p->local = local;
    return 0;
}

void port_unbind(struct port *p)
{
    if (p->local < 0)
        return;
    ports_round(); /* what is collected may be this one, and the number someone else's at the round's end */
    table[p->local] = NULL;
    xenevtchn_unbind(handle, (evtchn_port_t)p->local);
    p->local = -1;
}

void port_unmask(struct port *p)
{
    if (nr_unmask == PORTS_A_READ)
        ports_round();
    to_unmask[nr_unmask++] = (evtchn_port_t)p->local;
}

void port_notify(struct port *p)
{
    xenevtchn_notify(handle, (evtchn_port_t)p->local);
}

void ports_round(void)
{
    if (nr_unmask && write(xenevtchn_fd(handle), to_unmask, nr_unmask * sizeof(to_unmask[0])) < 0)
        log_line(LOG_ERROR, "unmasking event channels: %s", strerror(errno));
    nr_unmask = 0;
}
