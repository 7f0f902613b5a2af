/* SPDX-License-Identifier: MIT */
/* domctl: a domain as a whole: its creation and end, its limits and settings. */
#include "core/control.h"
#include "hypercall/cpu_policy.h"
#include "core/evtchn.h"
#include "core/sched.h"
#include "core/time.h"
#include "hypercall/control.h"
#include "lib/string.h"

#define GRANT_FRAMES_DEFAULT 64
#define MAPTRACK_FRAMES_DEFAULT 1024
#define CREATE_FLAGS_KNOWN (XEN_DOMCTL_CDF_MAX * 2 - 1)
/* A PV guest may be said to have a timer chip (and has it not), as with Xen. */
#define EMULATION_ALLOWED XEN_X86_EMU_PIT

/* ---- creation ---- */

/* What cannot be: HVM and what only HVM guests have, devices, tracing. Errors in Xen's order. */
static long create_check(struct vcpu *v, const struct xen_domctl_createdomain *c)
{
    const uint32_t flags_ok = XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain;
    uint32_t grants = c->grant_opts & XEN_DOMCTL_GRANT_version_mask;

    if (c->flags & ~flags_ok)
        return refuse(v->domain, EINVAL, CREATE_FLAGS, c->flags, flags_ok, 0);
    if (c->iommu_opts || c->vmtrace_size)
        return refuse(v->domain, EINVAL, CREATE_FLAGS, c->iommu_opts, 0, c->vmtrace_size);
    if (!c->max_vcpus || c->max_vcpus > MAX_VCPUS)
        return refuse(v->domain, EINVAL, CREATE_LIMIT, c->max_vcpus, MAX_VCPUS, 0);
    if (c->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX || c->arch.emulation_flags & ~XEN_X86_EMU_ALL)
        return refuse(v->domain, EINVAL, CREATE_FLAGS, c->arch.misc_flags, XEN_X86_MISC_FLAGS_MAX,
                      c->arch.emulation_flags);
    if (c->arch.emulation_flags & ~EMULATION_ALLOWED)
        return refuse(v->domain, EOPNOTSUPP, CREATE_FLAGS, c->arch.emulation_flags, EMULATION_ALLOWED, 0);
    if (grants != 1 || c->grant_opts != grants)
        return refuse(v->domain, EINVAL, GRANT_VERSION, c->grant_opts, 0, 0);
    if (!c->max_grant_frames || c->max_grant_frames > GRANT_FRAMES_DEFAULT ||
        c->max_maptrack_frames > MAPTRACK_FRAMES_DEFAULT)
        return refuse(v->domain, EINVAL, CREATE_LIMIT, c->max_grant_frames, GRANT_FRAMES_DEFAULT,
                      c->max_maptrack_frames);
    if (c->cpupool_id)
        return refuse(v->domain, ESRCH, NO_SUCH_POOL, c->cpupool_id, 0, 0);
    return 0;
}

long domctl_create(struct domctl_call *c, struct xen_domctl *op)
{
    const struct xen_domctl_createdomain *k = &op->u.createdomain;
    struct domain_limits l = {
        .max_port = min(k->max_evtchn_port, (uint32_t)INT32_MAX),
        .grant_frames = k->max_grant_frames < 0 ? GRANT_FRAMES_DEFAULT : (uint32_t)k->max_grant_frames,
        .maptrack_frames =
            k->max_maptrack_frames < 0 ? MAPTRACK_FRAMES_DEFAULT : (uint32_t)k->max_maptrack_frames};
    domid_t id = op->domain > 0 && op->domain < DOMID_FIRST_RESERVED ? op->domain : DOMID_FIRST_RESERVED;
    struct domain *d;
    long rc = create_check(c->v, k);

    if (rc)
        return rc;
    rc = domain_create_limited(id, k->max_vcpus, false, &l, &d);
    if (rc)
        return refuse(c->v->domain, -(int)rc, CREATE_FAILED, op->domain, k->max_vcpus, 0);
    d->control_pauses = 1; /* the pause every domain begins with */
    d->xs_domain = k->flags & XEN_DOMCTL_CDF_xs_domain;
    memcpy(d->handle, k->handle, sizeof(d->handle));
    op->domain = d->id;
    c->answer = true;
    return 0;
}

long domctl_max_vcpus(struct domctl_call *c, struct xen_domctl *op)
{
    struct domain *d = c->d;
    int rc = 0;

    if (op->u.max_vcpus.max != d->max_vcpus)
        return refuse(c->v->domain, EINVAL, CREATE_LIMIT, op->u.max_vcpus.max, d->max_vcpus, 0);
    spin_lock(&d->life);
    if (d->state >= DOM_DYING)
        rc = refuse(c->v->domain, EINVAL, DOMAIN_DYING, d->id, 0, 0);
    for (unsigned i = 0; !rc && i < d->max_vcpus; i++) {
        if (!d->vcpus[i])
            rc = vcpu_create(d, i, NULL);
        if (!rc && i + 1 < d->max_vcpus && port_preempt_pending())
            rc = -ERESTART;
    }
    spin_unlock(&d->life);
    return rc;
}

/* ---- life ---- */

long domctl_destroy(struct domctl_call *c, struct xen_domctl *op)
{
    (void)op;
    return domain_destroy(c->d);
}

long domctl_pause(struct domctl_call *c, struct xen_domctl *op)
{
    (void)op;
    return control_pause(c->d);
}

long domctl_unpause(struct domctl_call *c, struct xen_domctl *op)
{
    (void)op;
    return control_unpause(c->d);
}

long domctl_resume(struct domctl_call *c, struct xen_domctl *op)
{
    (void)op;
    domain_resume(c->d);
    return 0;
}

/* Of the domain with this number or, as the tools' loops want it, the next one there is. */
long domctl_info(struct domctl_call *c, struct xen_domctl *op)
{
    struct domain *d = op->domain < DOMID_FIRST_RESERVED ? domain_next(op->domain) : NULL;

    if (!d)
        return op->domain < DOMID_FIRST_RESERVED ? -ESRCH /* how a loop ends */
                                                 : refuse(c->v->domain, EINVAL, NO_SUCH_DOMAIN, op->domain, 0, 0);
    control_domain_info(d, &op->u.getdomaininfo);
    op->domain = d->id;
    c->answer = true;
    domain_put(d);
    return 0;
}

/* ---- settings ---- */

long domctl_max_mem(struct domctl_call *c, struct xen_domctl *op)
{
    spin_lock(&c->d->pages_lock);
    c->d->max_pages = min(op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10), (uint64_t)UINT32_MAX);
    spin_unlock(&c->d->pages_lock);
    return 0;
}

long domctl_handle(struct domctl_call *c, struct xen_domctl *op)
{
    memcpy(c->d->handle, op->u.setdomainhandle.handle, sizeof(c->d->handle));
    return 0;
}

/* LIMIT: only said, for the tools to read: traps of a debugged domain do not stop it. */
long domctl_debugging(struct domctl_call *c, struct xen_domctl *op)
{
    c->d->debugged = op->u.setdebugging.enable;
    return 0;
}

/* The port is looked at when the domain suspends. */
long domctl_subscribe(struct domctl_call *c, struct xen_domctl *op)
{
    c->d->suspend_port = op->u.subscribe.port;
    return 0;
}

long domctl_time_offset(struct domctl_call *c, struct xen_domctl *op)
{
    c->d->time_offset = op->u.settimeoffset.time_offset_seconds;
    time_domain_wallclock(c->d);
    return 0;
}

long domctl_set_address_size(struct domctl_call *c, struct xen_domctl *op)
{
    uint32_t size = op->u.address_size.size;

    if (size == 64)
        return 0;
    return refuse(c->v->domain, size != 32 ? EINVAL : c->d->tot_pages ? EACCES : EOPNOTSUPP, ADDRESS_SIZE, size, 0, 0);
}

long domctl_get_address_size(struct domctl_call *c, struct xen_domctl *op)
{
    op->u.address_size.size = 64;
    c->answer = true;
    return 0;
}

long domctl_virq_handler(struct domctl_call *c, struct xen_domctl *op)
{
    return virq_set_handler(op->u.set_virq_handler.virq, c->d);
}

/* ---- time stamp counter, CPU policy ---- */

long domctl_get_tsc(struct domctl_call *c, struct xen_domctl *op)
{
    op->u.tsc_info = (struct xen_domctl_tsc_info){.tsc_mode = c->d->tsc_mode,
                                                  .gtsc_khz = control_tsc_khz(),
                                                  .incarnation = c->d->tsc_incarnation,
                                                  .elapsed_nsec = port_now()};
    c->answer = true;
    return 0;
}

/* Modes 0 (as the machine can) and 2 (never emulated) are one here: rdtsc runs on the bare CPU. */
long domctl_set_tsc(struct domctl_call *c, struct xen_domctl *op)
{
    const struct xen_domctl_tsc_info *t = &op->u.tsc_info;

    if (t->tsc_mode != 0 && t->tsc_mode != 2)
        return refuse(c->v->domain, EINVAL, TSC_MODE, t->tsc_mode, 0, 0);
    c->d->tsc_mode = t->tsc_mode;
    c->d->tsc_incarnation = t->incarnation;
    return 0;
}

long domctl_get_policy(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
    long rc = policy_leaves_out(c->v, cpuid_policy_of(c->d), door_handle(p->leaves), &p->nr_leaves);

    if (!rc)
        rc = policy_msrs_out(c->v, door_handle(p->msrs), &p->nr_msrs);
    c->answer = !rc;
    return rc;
}

/* Only before its first run: what a guest has seen of its CPU stays. */
long domctl_set_policy(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
    long rc;

    if (c->d->state != DOM_BUILDING)
        return refuse(c->v->domain, EEXIST, DOMAIN_HAS_RUN, c->d->id, 0, 0);
    p->err_leaf = p->err_subleaf = p->err_msr = ~0u;
    rc = policy_set(c->v, c->d, p);
    c->answer = rc != 0;
    return rc;
}

/* ---- scheduling ---- */

long domctl_scheduler(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
    struct domain *d = c->d;

    if (s->sched_id != sched_policy->id)
        return refuse(c->v->domain, EINVAL, SCHED_ID, s->sched_id, sched_policy->id, 0);
    switch (s->cmd) {
    case XEN_DOMCTL_SCHEDOP_putinfo: /* weight 0: as it is */
        return sched_set_params(d, s->u.credit2.weight ? s->u.credit2.weight : d->sched_weight,
                                s->u.credit2.cap);
    case XEN_DOMCTL_SCHEDOP_getinfo:
        s->u.credit2.weight = d->sched_weight;
        s->u.credit2.cap = d->sched_cap;
        c->answer = true;
        return 0;
    default: return refuse(c->v->domain, EINVAL, UNKNOWN_SUBOP, s->cmd, 0, 0);
    }
}

/* One node, number 0. */
long domctl_set_nodes(struct domctl_call *c, struct xen_domctl *op)
{
    cpumask_t nodes;
    int rc = bitmap_in(c->v, &op->u.nodeaffinity.nodemap, &nodes);

    if (!rc && !(nodes & 1))
        rc = refuse(c->v->domain, EINVAL, NO_SUCH_NODE, nodes, 0, 0);
    return rc;
}

long domctl_get_nodes(struct domctl_call *c, struct xen_domctl *op)
{
    return bitmap_out(c->v, &op->u.nodeaffinity.nodemap, 1);
}
