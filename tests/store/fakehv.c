/* SPDX-License-Identifier: MIT */
/*
 * The part of the Xen libraries that a store daemon uses, over plain files, so that pxstored and Debian's xenstored run with
 * domains on a machine without a hypervisor. In the folder $FAKEHV: `domains`, a byte per number (0 none, 1 lives, 2 shut down, 3 dying);
 * `page.N`, the ring of domain N; `daemon`, a datagram socket on which clients send the number of a port of the
 * daemon's; `dom.N`, the socket that a notification of domain N is sent to. The port of domain N is N + 2, that of VIRQ_DOM_EXC 1.
 * tests/store/client.py is the other side.
 */
#define _GNU_SOURCE
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xen/sysctl.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#define NR 0x7ff0u
enum { VIRQ = 1, FIRST = 2 };

static int channel = -1;

static void path_of(char *out, size_t size, const char *name, unsigned id)
{
    const char *folder = getenv("FAKEHV");

    snprintf(out, size, name[strlen(name) - 1] == '.' ? "%s/%s%u" : "%s/%s", folder ? folder : ".",
             name, id);
}

static void address(struct sockaddr_un *a, const char *name, unsigned id)
{
    a->sun_family = AF_UNIX;
    path_of(a->sun_path, sizeof(a->sun_path), name, id);
}

static int file(const char *name, unsigned id, int flags)
{
    char path[108];

    path_of(path, sizeof(path), name, id);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

/* ---- event channels ---- */

xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger, unsigned flags)
{
    struct sockaddr_un a;

    (void)logger, (void)flags;
    address(&a, "daemon", 0);
    unlink(a.sun_path);
    channel = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (channel < 0 || bind(channel, (struct sockaddr *)&a, sizeof(a)))
        return NULL;
    return (xenevtchn_handle *)&channel;
}

xenevtchn_handle *xenevtchn_fdopen(xentoollog_logger *logger, int fd, unsigned flags)
{
    (void)logger, (void)flags;
    channel = fd;
    return (xenevtchn_handle *)&channel;
}

int xenevtchn_close(xenevtchn_handle *h)
{
    (void)h;
    return close(channel);
}

int xenevtchn_fd(xenevtchn_handle *h)
{
    (void)h;
    return channel;
}

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
    struct sockaddr_un a;

    (void)h;
    address(&a, "dom.", port - FIRST);
    sendto(channel, &port, sizeof(port), MSG_DONTWAIT, (struct sockaddr *)&a, sizeof(a));
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h, uint32_t domid,
                                                     evtchn_port_t remote)
{
    (void)h, (void)remote;
    return (int)(domid + FIRST);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *h, unsigned virq)
{
    (void)h, (void)virq;
    return VIRQ;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h, (void)port;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *h)
{
    uint32_t port;

    (void)h;
    return recv(channel, &port, sizeof(port), 0) == sizeof(port) ? (int)port : -1;
}

int xenevtchn_unmask(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h, (void)port;
    return 0;
}

/* ---- rings ---- */

xengnttab_handle *xengnttab_open(xentoollog_logger *logger, unsigned flags)
{
    (void)logger, (void)flags;
    return (xengnttab_handle *)&channel;
}

int xengnttab_close(xengnttab_handle *h)
{
    (void)h;
    return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *h, uint32_t n)
{
    (void)h, (void)n;
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref, int prot)
{
    int fd = file("page.", domid, O_RDWR);
    void *page;

    (void)h, (void)ref;
    if (fd < 0)
        return NULL;
    page = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *h, void *start, uint32_t count)
{
    (void)h;
    return munmap(start, count * 4096);
}

xenforeignmemory_handle *xenforeignmemory_open(xentoollog_logger *logger, unsigned flags)
{
    (void)logger, (void)flags;
    return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *h, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t *arr, int *err)
{
    (void)h, (void)dom, (void)prot, (void)pages, (void)arr, (void)err;
    return NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *h, void *addr, size_t pages)
{
    (void)h, (void)addr, (void)pages;
    return 0;
}

/* Dom0's ring, which its kernel shows under these names. */
static int open_any(const char *path, int flags, unsigned mode)
{
    if (!strcmp(path, "/proc/xen/xsd_kva") || !strcmp(path, "/dev/xen/xsd_kva"))
        return file("page.", 0, O_RDWR);
    if (!strcmp(path, "/proc/xen/xsd_port"))
        return file("port", 0, O_RDONLY);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    unsigned mode;

    va_start(ap, flags);
    mode = va_arg(ap, unsigned);
    va_end(ap);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    unsigned mode;

    va_start(ap, flags);
    mode = va_arg(ap, unsigned);
    va_end(ap);
    return open_any(path, flags, mode);
}

/* ---- domains ---- */

static const uint8_t *domains(void)
{
    static const uint8_t *map;
    int fd;

    if (map)
        return map;
    fd = file("domains", 0, O_RDONLY);
    map = mmap(NULL, NR, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return map == MAP_FAILED ? NULL : map;
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *builder,
                                unsigned flags)
{
    (void)logger, (void)builder, (void)flags;
    return (xc_interface *)&channel;
}

int xc_interface_close(xc_interface *x)
{
    (void)x;
    return 0;
}

int xc_domain_getinfo(xc_interface *x, uint32_t first, unsigned max, xc_dominfo_t *info)
{
    const uint8_t *state = domains();
    unsigned n = 0;

    (void)x;
    for (; first < NR && n < max; first++) {
        if (!state[first])
            continue;
        memset(&info[n], 0, sizeof(*info));
        info[n].domid = first;
        info[n].shutdown = state[first] >= 2;
        info[n].dying = state[first] == 3;
        n++;
    }
    return (int)n;
}

xencall_handle *xencall_open(xentoollog_logger *logger, unsigned flags)
{
    (void)logger, (void)flags;
    return (xencall_handle *)&channel;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    (void)h;
    return calloc(1, size);
}

int xencall2(xencall_handle *h, unsigned call, uint64_t first, uint64_t second)
{
    (void)h, (void)call, (void)first, (void)second;
    errno = ENOSYS;
    return -1;
}

int xencall1(xencall_handle *h, unsigned call, uint64_t arg)
{
    struct xen_sysctl *op = (struct xen_sysctl *)arg;
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    const uint8_t *state = domains();

    (void)h;
    if (call != __HYPERVISOR_sysctl || op->cmd != XEN_SYSCTL_getdomaininfolist || !state) {
        errno = ENOSYS;
        return -1;
    }
    l->num_domains = 0;
    for (unsigned id = l->first_domain; id < NR && l->num_domains < l->max_domains; id++) {
        struct xen_domctl_getdomaininfo *i;

        if (!state[id])
            continue;
        i = &l->buffer.p[l->num_domains++];
        memset(i, 0, sizeof(*i));
        i->domain = (domid_t)id;
        i->flags =
            (state[id] >= 2 ? XEN_DOMINF_shutdown : 0u) | (state[id] == 3 ? XEN_DOMINF_dying : 0u);
    }
    return 0;
}
