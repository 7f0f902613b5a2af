/* SPDX-License-Identifier: MIT */
/*
 * leftovers: what the hypervisor holds for domains, on one line that is equal before and after some came and went: free pages,
 * domains, and this domain's event channels by state. With a number of seconds and a line it waits that long for that line.
 */
#define __XEN_TOOLS__ 1
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sysctl.h>

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
#define MAX_DOMAINS 1024
#define STATES 8

static int privcmd;

/* What the hypervisor reads and writes must not move. */
static union {
    struct xen_sysctl sysctl;
    struct evtchn_status status;
} *buffer;
static xen_domctl_getdomaininfo_t *domains;

static void *locked(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);

    if (p == MAP_FAILED) {
        perror("leftovers: mmap");
        exit(2);
    }
    return p;
}

static int hypercall(uint64_t op, uint64_t a, uint64_t b)
{
    struct privcmd_hypercall call = {op, {a, b}};

    return ioctl(privcmd, PRIVCMD_HYPERCALL, &call);
}

static void sysctl_op(uint32_t cmd)
{
    buffer->sysctl.cmd = cmd;
    buffer->sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    if (hypercall(__HYPERVISOR_sysctl, (uintptr_t)&buffer->sysctl, 0) < 0) {
        perror("leftovers: sysctl");
        exit(2);
    }
}

static void state(char *line, size_t size)
{
    unsigned int ports[STATES] = {0};
    unsigned long pages;

    memset(buffer, 0, sizeof(*buffer));
    sysctl_op(XEN_SYSCTL_physinfo);
    pages = buffer->sysctl.u.physinfo.free_pages;
    memset(buffer, 0, sizeof(*buffer));
    buffer->sysctl.u.getdomaininfolist.max_domains = MAX_DOMAINS;
    set_xen_guest_handle(buffer->sysctl.u.getdomaininfolist.buffer, domains);
    sysctl_op(XEN_SYSCTL_getdomaininfolist);
    uint32_t count = buffer->sysctl.u.getdomaininfolist.num_domains;

    for (evtchn_port_t port = 1;; port++) {
        memset(buffer, 0, sizeof(*buffer));
        buffer->status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
        if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_status, (uintptr_t)&buffer->status) < 0)
            break;
        ports[buffer->status.status % STATES]++;
    }
    snprintf(line, size, "free pages %lu, domains %u, ports: unbound %u, interdomain %u, pirq %u, virq %u, ipi %u", pages, count,
             ports[EVTCHNSTAT_unbound], ports[EVTCHNSTAT_interdomain], ports[EVTCHNSTAT_pirq], ports[EVTCHNSTAT_virq],
             ports[EVTCHNSTAT_ipi]);
}

int main(int argc, char **argv)
{
    char line[200];
    time_t deadline = time(NULL) + (argc > 1 ? atoi(argv[1]) : 0);

    privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (privcmd < 0) {
        perror("leftovers: /dev/xen/privcmd");
        return 2;
    }
    buffer = locked(sizeof(*buffer));
    domains = locked(MAX_DOMAINS * sizeof(*domains));
    for (;;) {
        state(line, sizeof(line));
        if (argc < 3 || !strcmp(line, argv[2]) || time(NULL) >= deadline)
            break;
        usleep(100000);
    }
    puts(line);
    return argc > 2 && strcmp(line, argv[2]);
}
