/* SPDX-License-Identifier: MIT */
#define __XEN_TOOLS__ 1
#include "hv.h"
#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xencall.h>

#define LOG_PIECE 16384

static xencall_handle *calls;
static struct xen_sysctl *op;
static xen_domctl_getdomaininfo_t *infos;
static char *log_piece;

static struct notice {
    multicall_entry_t call[HV_PORTS + 1];
    struct evtchn_send send[HV_PORTS];
} *notice;

int hv_open(void)
{
    calls = xencall_open(NULL, 0);
    if (!calls)
        return -1;
    op = xencall_alloc_buffer(calls, sizeof(*op));
    infos = xencall_alloc_buffer(calls, HV_BATCH * sizeof(*infos));
    notice = xencall_alloc_buffer(calls, sizeof(*notice));
    if (op && infos && notice)
        return 0;
    errno = ENOMEM;
    return -1;
}

static int sysctl(uint32_t cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return xencall1(calls, __HYPERVISOR_sysctl, (uint64_t)op);
}

int hv_domains(unsigned first, struct hv_domain *out, unsigned max)
{
    unsigned n;

    if (!calls) {
        errno = ENODEV;
        return -1;
    }
    memset(op, 0, sizeof(*op));
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = max < HV_BATCH ? max : HV_BATCH;
    set_xen_guest_handle_raw(op->u.getdomaininfolist.buffer, infos);
    if (sysctl(XEN_SYSCTL_getdomaininfolist) < 0)
        return -1;
    n = op->u.getdomaininfolist.num_domains;
    for (unsigned i = 0; i < n; i++) {
        out[i] = (struct hv_domain){.id = infos[i].domain, .dying = infos[i].flags & XEN_DOMINF_dying,
                                    .shutdown = infos[i].flags & XEN_DOMINF_shutdown};
        memcpy(out[i].uuid, infos[i].handle, UUID_BYTES);
    }
    return (int)n;
}

ssize_t hv_log(uint32_t *index, const char **text)
{
    if (!log_piece)
        log_piece = xencall_alloc_buffer(calls, LOG_PIECE);
    if (!log_piece) {
        errno = ENOMEM;
        return -1;
    }
    memset(op, 0, sizeof(*op));
    op->u.readconsole.incremental = 1;
    op->u.readconsole.index = *index;
    op->u.readconsole.count = LOG_PIECE;
    set_xen_guest_handle_raw(op->u.readconsole.buffer, log_piece);
    if (sysctl(XEN_SYSCTL_readconsole) < 0)
        return -1;
    *index = op->u.readconsole.index;
    *text = log_piece;
    return (ssize_t)op->u.readconsole.count;
}

int hv_notify(const uint32_t *ports, unsigned n, bool yield)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        notice->send[i].port = ports[i];
        notice->call[i] = (multicall_entry_t){.op = __HYPERVISOR_event_channel_op, .args = {EVTCHNOP_send, (unsigned long)&notice->send[i]}};
    }
    notice->call[i] = (multicall_entry_t){.op = __HYPERVISOR_sched_op, .args = {SCHEDOP_yield, 0}};
    if (xencall2(calls, __HYPERVISOR_multicall, (uint64_t)notice->call, n + yield))
        return -1;
    while (i && !(long)notice->call[i - 1].result)
        i--;
    return i ? -1 : 0;
}
