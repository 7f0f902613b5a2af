/* SPDX-License-Identifier: MIT */
/* sysctl(op): questions about the machine and the hypervisor, and a few orders to it. */
#include "core/console.h"
#include "core/control.h"
#include "core/keys.h"
#include "core/sched.h"
#include "hypercall/control.h"
#include "lib/string.h"

/* ---- the log ---- */

/* A buffer that cannot be written loses what was read. */
static long op_readconsole(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *r = &op->u.readconsole;
    bool incremental = r->incremental;
    uint32_t done = 0;
    char text[256];
    long rc = 0;

    while (!rc && done < r->count) {
        size_t n = logring_read(text, min((size_t)(r->count - done), sizeof(text)), &r->index, r->clear, incremental);

        if (!n)
            break;
        incremental = true;
        rc = door_out(c->v, door_handle(r->buffer) + done, text, n);
        done += (uint32_t)n;
    }
    r->count = done;
    c->answer = !rc;
    return rc;
}

#define KEYS_MAX 1024u

static long op_debug_keys(struct sysctl_call *c, struct xen_sysctl *op)
{
    for (uint32_t i = 0; i < min(op->u.debug_keys.nr_keys, KEYS_MAX); i++) {
        char key;

        if (door_in_obj(c->v, key, door_handle(op->u.debug_keys.keys) + i))
            return -EFAULT;
        debug_key(key);
    }
    return 0;
}

/* ---- domains ---- */

static long op_domain_list(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct domain *d = l->first_domain < DOMID_FIRST_RESERVED ? domain_next(l->first_domain) : NULL;
    uint32_t n = 0;
    long rc = 0;

    while (d && n < l->max_domains && !rc) {
        struct xen_domctl_getdomaininfo info;
        domid_t id = d->id;

        control_domain_info(d, &info);
        domain_put(d);
        rc = door_out_obj(c->v, door_handle(l->buffer) + n * sizeof(info), info);
        n += !rc;
        d = domain_next((domid_t)(id + 1));
    }
    if (d)
        domain_put(d);
    l->num_domains = n;
    c->answer = !rc;
    return rc;
}

/* ---- scheduler and its one pool ---- */

static long op_sched_id(struct sysctl_call *c, struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched_policy->id;
    c->answer = true;
    return 0;
}

static long op_scheduler(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
    uint32_t us = s->u.sched_credit2.ratelimit_us;

    if (s->cpupool_id)
        return refuse(c->v->domain, ESRCH, NO_SUCH_POOL, s->cpupool_id, 0, 0);
    if (s->sched_id != sched_policy->id)
        return refuse(c->v->domain, EINVAL, SCHED_ID, s->sched_id, sched_policy->id, 0);
    switch (s->cmd) {
    case XEN_SYSCTL_SCHEDOP_putinfo:
        if (us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN || us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
            return refuse(c->v->domain, EINVAL, TIMER_PERIOD, us, XEN_SYSCTL_SCHED_RATELIMIT_MIN,
                          XEN_SYSCTL_SCHED_RATELIMIT_MAX);
        sched_ratelimit_us = us;
        return 0;
    case XEN_SYSCTL_SCHEDOP_getinfo:
        s->u.sched_credit2.ratelimit_us = sched_ratelimit_us;
        c->answer = true;
        return 0;
    default: return refuse(c->v->domain, EINVAL, UNKNOWN_SUBOP, s->cmd, 0, 0);
    }
}

static uint32_t count_domains(void)
{
    uint32_t n = 0;

    for (struct domain *d = domain_next(0), *next; d; d = next) {
        domid_t id = d->id;

        n++;
        domain_put(d);
        next = domain_next((domid_t)(id + 1));
    }
    return n;
}

static long pool_info(struct sysctl_call *c, struct xen_sysctl_cpupool_op *p)
{
    if (p->cpupool_id)
        return -ENOENT; /* how a loop over the pools ends */
    p->sched_id = sched_policy->id;
    p->n_dom = count_domains();
    c->answer = true;
    return bitmap_out(c->v, &p->cpumap, cpus_online);
}

/* One pool with all CPUs and all domains: nothing can be moved. */
static long op_cpupool(struct sysctl_call *c, struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
    int err = p->cpupool_id ? ENOENT : EBUSY;

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO: return pool_info(c, p);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO: c->answer = true; return bitmap_out(c->v, &p->cpumap, 0);
    case XEN_SYSCTL_CPUPOOL_OP_CREATE: err = p->cpupool_id ? EOPNOTSUPP : EEXIST; break;
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY: break;
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU: err = p->cpupool_id ? ENOENT : ENODEV; break;
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU: err = p->cpupool_id ? ENOENT : EINVAL; break;
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN: err = EPERM; break;
    default: return refuse(c->v->domain, ENOSYS, UNKNOWN_SUBOP, p->op, 0, 0);
    }
    return refuse(c->v->domain, err, NO_SUCH_POOL, p->cpupool_id, 0, 0);
}

static long op_levelling(struct sysctl_call *c, struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    c->answer = true;
    return 0;
}

/* ---- the list ---- */

/* fn, or the error number everybody gets. */
static const struct sysctl_entry {
    sysctl_fn *fn;
    uint8_t err;
} table[] = {
    [XEN_SYSCTL_readconsole] = {op_readconsole, 0},
    [XEN_SYSCTL_tbuf_op] = {NULL, ENOSYS},
    [XEN_SYSCTL_physinfo] = {sysctl_physinfo, 0},
    [XEN_SYSCTL_sched_id] = {op_sched_id, 0},
    [XEN_SYSCTL_getdomaininfolist] = {op_domain_list, 0},
    [XEN_SYSCTL_debug_keys] = {op_debug_keys, 0},
    [XEN_SYSCTL_getcpuinfo] = {sysctl_cpuinfo, 0},
    [XEN_SYSCTL_availheap] = {sysctl_availheap, 0},
    [XEN_SYSCTL_get_pmstat] = {NULL, ENODEV},
    [XEN_SYSCTL_cpu_hotplug] = {NULL, EOPNOTSUPP},
    [XEN_SYSCTL_pm_op] = {NULL, ENOSYS},
    [XEN_SYSCTL_page_offline_op] = {NULL, EOPNOTSUPP},
    [XEN_SYSCTL_cputopoinfo] = {sysctl_cputopo, 0},
    [XEN_SYSCTL_numainfo] = {sysctl_numainfo, 0},
    [XEN_SYSCTL_cpupool_op] = {op_cpupool, 0},
    [XEN_SYSCTL_scheduler_op] = {op_scheduler, 0},
    [XEN_SYSCTL_coverage_op] = {NULL, EOPNOTSUPP},
    [XEN_SYSCTL_psr_cmt_op] = {NULL, ENODEV},
    [XEN_SYSCTL_pcitopoinfo] = {sysctl_pcitopo, 0},
    [XEN_SYSCTL_psr_alloc] = {NULL, ENODEV},
    [XEN_SYSCTL_get_cpu_levelling_caps] = {op_levelling, 0},
    [XEN_SYSCTL_get_cpu_featureset] = {sysctl_featureset, 0},
    [XEN_SYSCTL_livepatch_op] = {NULL, EOPNOTSUPP},
    [XEN_SYSCTL_get_cpu_policy] = {sysctl_cpu_policy, 0},
};

/* The lists are long but their loops short: nothing here needs the toolstack's lock of domctl. */
long hc_sysctl(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    static const struct sysctl_entry none;
    struct sysctl_call c = {.v = v, .arg = a1};
    const struct sysctl_entry *e;
    struct xen_sysctl op;
    long rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if (door_in_obj(v, op, a1))
        return -EFAULT;
    v->hc_sub = op.cmd;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return refuse(v->domain, EACCES, INTERFACE_VERSION, op.interface_version, XEN_SYSCTL_INTERFACE_VERSION, 0);
    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, op.cmd, 0, 0);
    e = op.cmd < ARRAY_SIZE(table) ? &table[op.cmd] : &none;
    if (!e->fn)
        return refuse(v->domain, e->err ? e->err : ENOSYS, UNKNOWN_SUBOP, op.cmd, 0, 0);
    rc = e->fn(&c, &op);
    if (c.answer && door_out_obj(v, a1, op))
        rc = -EFAULT;
    return rc;
}
