/* SPDX-License-Identifier: MIT */
#define __XEN_TOOLS__ 1
#include "hv.h"
#include "domains.h"
#include "log.h"
#include "request.h"
#include "ring.h"
#include "view.h"
#include "watch.h"
#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xencall.h>

#define BATCH 256

static xencall_handle *calls;
static struct xen_sysctl *op;
static xen_domctl_getdomaininfo_t *infos;

int hv_open(void)
{
    calls = xencall_open(NULL, 0);
    if (!calls)
        return errno;
    op = xencall_alloc_buffer(calls, sizeof(*op));
    infos = xencall_alloc_buffer(calls, BATCH * sizeof(*infos));
    return op && infos ? 0 : ENOMEM;
}

int hv_domains(unsigned first, struct hv_domain *out, unsigned max)
{
    if (!calls)
        return -1;
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_SYSCTL_getdomaininfolist;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op->u.getdomaininfolist.first_domain = (domid_t)first;
    op->u.getdomaininfolist.max_domains = max < BATCH ? max : BATCH;
    set_xen_guest_handle_raw(op->u.getdomaininfolist.buffer, infos);
    if (xencall1(calls, __HYPERVISOR_sysctl, (uint64_t)op) < 0) {
        log_line(LOG_ERROR, "cannot list the domains: %s", strerror(errno));
        return -1;
    }
    for (unsigned i = 0; i < op->u.getdomaininfolist.num_domains; i++)
        out[i] = (struct hv_domain){infos[i].domain, infos[i].flags & XEN_DOMINF_dying,
                                    infos[i].flags & XEN_DOMINF_shutdown};
    return (int)op->u.getdomaininfolist.num_domains;
}

bool hv_gone(unsigned id)
{
    bool introduced = domains_account(id)->introduced;

    if (ring_of(id))
        ring_stop(ring_of(id));
    for (struct conn *c = conns; c; c = c->next)
        if (c->target == (int)id)
            c->target = -1;
    view_remove_owned(id);
    domains_forget(id);
    return introduced;
}

/* ---- requests about domains ---- */

int domain_introduce(unsigned id, uint64_t gfn, uint32_t port)
{
    struct domain_account *a = domains_account(id);
    struct hv_domain d;
    int rc;

    if (!id)
        return EINVAL;
    if (ring_of(id))
        return ring_again(ring_of(id), port);
    if (!a || hv_domains(id, &d, 1) != 1 || d.id != id || d.dying)
        return ENOENT;
    domains_mention(id);
    rc = ring_start(id, gfn, port);
    if (rc)
        return rc;
    a->introduced = true;
    a->shutdown_seen = false;
    watch_fire_special("@introduceDomain");
    return 0;
}

int domain_release(unsigned id)
{
    if (!id)
        return EINVAL;
    if (!ring_of(id))
        return ENOENT;
    hv_gone(id);
    watch_fire_special("@releaseDomain");
    return 0;
}

int domain_resume(unsigned id)
{
    if (!ring_of(id))
        return ENOENT;
    domains_account(id)->shutdown_seen = false;
    return 0;
}

int domain_set_target(unsigned id, unsigned target)
{
    if (!ring_of(id) || !ring_of(target))
        return ENOENT;
    ring_of(id)->conn.target = (int)target;
    return 0;
}
