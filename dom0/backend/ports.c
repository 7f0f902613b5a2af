/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "backend.h"
#include "hv.h"
#include "linger.h"
#include "log.h"
#include "uring.h"
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>

#define PORTS_A_READ 256
#define NR_PORTS (1u << 17) /* the FIFO ABI's */

static xenevtchn_handle *handle;
static struct port **table; /* by local port */
static unsigned table_size;
/* The device speaks arrays of ports. One read always waits; what is to be unmasked is collected, given to the kernel with
 * whatever the round asks for, and stays as it is until that has ended. */
static struct completion reading, writing;
static evtchn_port_t came[PORTS_A_READ], to_unmask[PORTS_A_READ], unmasking[PORTS_A_READ];
static unsigned nr_unmask;
static bool is_reading, is_writing;

static void ports_read(void)
{
    struct io_uring_sqe *e = uring_entry();

    if (!e)
        return; /* the next round does it */
    io_uring_prep_read(e, xenevtchn_fd(handle), came, sizeof(came), 0);
    uring_asked(e, &reading);
    is_reading = true;
}

static void ports_came(struct completion *c, int n)
{
    (void)c;
    is_reading = false;
    if (n == -EFBIG)
        log_line(LOG_ERROR, "event channels came faster than they were read");
    for (int i = 0; i < n / (int)sizeof(came[0]); i++)
        if (came[i] < table_size && table[came[i]])
            table[came[i]]->event(table[came[i]]);
    ports_read();
}

static void ports_unmasked(struct completion *c, int n)
{
    (void)c;
    is_writing = false;
    if (n < 0)
        log_line(LOG_ERROR, "unmasking event channels: %s", strerror(-n));
}

int ports_open(void)
{
    int fd;

    handle = xenevtchn_open(NULL, 0);
    if (!handle)
        return -1;
    fd = xenevtchn_fd(handle);
    reading.done = ports_came;
    writing.done = ports_unmasked;
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) /* else io_uring has a thread for it */
        return -1;
    ports_read();
    return 0;
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

/* What is collected, at once. */
static void ports_flush(void)
{
    uring_submit();
    if (nr_unmask && write(xenevtchn_fd(handle), to_unmask, nr_unmask * sizeof(to_unmask[0])) < 0)
        log_line(LOG_ERROR, "unmasking event channels: %s", strerror(errno));
    nr_unmask = 0;
}

void port_unbind(struct port *p)
{
    if (p->local < 0)
        return;
    ports_flush(); /* what is collected may be this one, and the number someone else's at the round's end */
    table[p->local] = NULL;
    xenevtchn_unbind(handle, (evtchn_port_t)p->local);
    p->local = -1;
}

void port_unmask(struct port *p)
{
    if (nr_unmask == PORTS_A_READ)
        ports_flush();
    to_unmask[nr_unmask++] = (evtchn_port_t)p->local;
}

void port_notify(struct port *p)
{
    uint64_t before = linger_clock();

    xenevtchn_notify(handle, (evtchn_port_t)p->local);
    linger_cost(linger_clock() - before);
}

_Static_assert(PORTS_NOTIFIED <= HV_PORTS, "by one call");

void ports_notify(struct port *const *p, unsigned n, bool give)
{
    uint32_t local[PORTS_NOTIFIED];

    for (unsigned i = 0; i < n; i++)
        local[i] = (uint32_t)p[i]->local;
    if (n + give > 1 && !hv_notify(local, n, give))
        return;
    for (unsigned i = 0; i < n; i++)
        port_notify(p[i]);
}

void ports_round(void)
{
    struct io_uring_sqe *e;

    if (!is_reading)
        ports_read();
    if (!nr_unmask || is_writing || !(e = uring_entry()))
        return;
    memcpy(unmasking, to_unmask, nr_unmask * sizeof(to_unmask[0]));
    io_uring_prep_write(e, xenevtchn_fd(handle), unmasking, nr_unmask * (unsigned)sizeof(to_unmask[0]), 0);
    uring_asked(e, &writing);
    is_writing = true;
    nr_unmask = 0;
}
