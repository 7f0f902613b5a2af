/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_HYPERVISOR_HINT "is this Dom0 of Philoxen or Xen, and /dev/xen/privcmd there (module xen-privcmd)?"

_Static_assert(sizeof(struct bounce) <= BOUNCE_BYTES, "the hypercalls' memory");

struct pxl *pxl_open(unsigned flags)
{
    struct pxl *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->flags = flags;
    p->wire.fd = -1;
    p->killing = getenv("PXL_KILL_AT");
    if (!(flags & PXL_NO_HYPERVISOR)) {
        p->call = xencall_open(NULL, 0);
        p->memory = p->call ? xenforeignmemory_open(NULL, 0) : NULL;
        p->bounce = p->memory ? xencall_alloc_buffer(p->call, sizeof(*p->bounce)) : NULL;
        if (!p->bounce) {
            pxl_fail(p, "open /dev/xen/privcmd", errno, NO_HYPERVISOR_HINT, "reach the hypervisor");
            return p;
        }
    }
    if (!(flags & PXL_NO_STORE))
        store_open(p);
    return p;
}

void pxl_close(struct pxl *p)
{
    if (!p)
        return;
    wire_close(&p->wire);
    free(p->queue);
    if (p->bounce)
        xencall_free_buffer(p->call, p->bounce);
    if (p->memory)
        xenforeignmemory_close(p->memory);
    if (p->call)
        xencall_close(p->call);
    fault_clear(p);
    free(p);
}

void pxl_set_log(struct pxl *p, void (*log)(void *arg, int level, const char *message), void *arg)
{
    p->log = log;
    p->log_arg = arg;
}

static const char *hint_of(int err)
{
    switch (err) {
    case EPERM: return "only the control domain's root may do this";
    case EACCES: return "the hypervisor speaks another version of the control interface than Xen 4.17's";
    case ENOSYS:
    case EOPNOTSUPP: return "this hypervisor does not have that operation";
    case ESRCH: return "there is no such domain (any more): see pxl list";
    case ENOMEM: return "see free_memory of pxl info; pxl mem-set 0 makes Dom0 give memory back";
    default: return NULL;
    }
}

static int call_failed(struct pxl *p, const char *name, int err)
{
    return pxl_fail(p, name, err, hint_of(err), "ask the hypervisor");
}

xen_domctl_t *domctl_new(struct pxl *p, uint32_t cmd, uint32_t domid)
{
    xen_domctl_t *d = &p->bounce->domctl;

    memset(d, 0, sizeof(*d));
    d->cmd = cmd;
    d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    d->domain = (domid_t)domid;
    return d;
}

int domctl_run(struct pxl *p, const char *name)
{
    int rc;

    if (step(p))
        return -1;
    do
        rc = xencall1(p->call, __HYPERVISOR_domctl, (uint64_t)&p->bounce->domctl);
    while (rc < 0 && errno == EAGAIN);
    if (rc < 0)
        return call_failed(p, name, errno);
    if (p->killing)
        step_fails(p); /* between the deed and its note */
    return 0;
}

xen_sysctl_t *sysctl_new(struct pxl *p, uint32_t cmd)
{
    xen_sysctl_t *s = &p->bounce->sysctl;

    memset(s, 0, sizeof(*s));
    s->cmd = cmd;
    s->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return s;
}

int sysctl_run(struct pxl *p, const char *name)
{
    return xencall1(p->call, __HYPERVISOR_sysctl, (uint64_t)&p->bounce->sysctl) < 0 ? call_failed(p, name, errno) : 0;
}

static int op2(struct pxl *p, unsigned call, unsigned cmd, void *argument, size_t size, const char *name)
{
    int rc;

    if (step(p))
        return -1;
    memcpy(p->bounce->argument, argument, size);
    rc = xencall2(p->call, call, cmd, (uint64_t)p->bounce->argument);
    memcpy(argument, p->bounce->argument, size);
    return rc < 0 ? call_failed(p, name, errno) : rc;
}

int memory_op(struct pxl *p, unsigned cmd, void *argument, size_t size, const char *name)
{
    return op2(p, __HYPERVISOR_memory_op, cmd, argument, size, name);
}

int evtchn_op(struct pxl *p, unsigned cmd, void *argument, size_t size, const char *name)
{
    return op2(p, __HYPERVISOR_event_channel_op, cmd, argument, size, name);
}

int mmuext_op(struct pxl *p, struct mmuext_op *op, uint32_t domid, const char *name)
{
    int rc;

    memcpy(p->bounce->argument, op, sizeof(*op));
    rc = xencall4(p->call, __HYPERVISOR_mmuext_op, (uint64_t)p->bounce->argument, 1, 0, domid);
    return rc < 0 ? call_failed(p, name, errno) : 0;
}

void *bounce_array(struct pxl *p, size_t size)
{
    return size <= sizeof(p->bounce->array) ? p->bounce->array : NULL;
}

int hv_domaininfo(struct pxl *p, uint32_t domid, xen_domctl_getdomaininfo_t *info)
{
    xen_domctl_t *d = domctl_new(p, XEN_DOMCTL_getdomaininfo, domid);

    if (domctl_run(p, "domctl getdomaininfo"))
        return -1;
    /* The hypervisor answers for the next domain there is. */
    if (d->domain != domid)
        return call_failed(p, "domctl getdomaininfo", ESRCH);
    *info = d->u.getdomaininfo;
    return 0;
}

int hv_list(struct pxl *p, uint32_t first, xen_domctl_getdomaininfo_t *out)
{
    xen_sysctl_t *s = sysctl_new(p, XEN_SYSCTL_getdomaininfolist);
    void *array = bounce_array(p, HV_LIST_MAX * sizeof(*out));

    s->u.getdomaininfolist.first_domain = (domid_t)first;
    s->u.getdomaininfolist.max_domains = HV_LIST_MAX;
    set_xen_guest_handle_raw(s->u.getdomaininfolist.buffer, array);
    if (sysctl_run(p, "sysctl getdomaininfolist"))
        return -1;
    memcpy(out, array, s->u.getdomaininfolist.num_domains * sizeof(*out));
    return (int)s->u.getdomaininfolist.num_domains;
}

int hv_host(struct pxl *p)
{
    xen_sysctl_t *s;

    if (p->nr_cpus)
        return 0;
    s = sysctl_new(p, XEN_SYSCTL_physinfo);
    if (sysctl_run(p, "sysctl physinfo"))
        return -1;
    p->nr_cpus = s->u.physinfo.nr_cpus;
    p->capabilities = s->u.physinfo.capabilities;
    return 0;
}
