/* SPDX-License-Identifier: MIT */
/* domctl: the vcpus of a domain: contexts, where they run, what is not in the context's structure. */
#include "core/emul_port.h"
#include "core/pte.h"
#include "core/sched.h"
#include "core/vcpu_context.h"
#include "hypercall/control.h"
#include "lib/string.h"

static struct vcpu *vcpu_get(struct domctl_call *c, uint32_t id, int err, long *rc)
{
    struct vcpu *v = id < c->d->max_vcpus ? c->d->vcpus[id] : NULL;

    if (!v)
        *rc = refuse(c->v->domain, err, VCPU_MISSING, id, c->d->id, 0);
    return v;
}

/* ---- contexts ---- */

static long context_set(struct domctl_call *c, struct vcpu *v, gva_t from)
{
    struct vcpu_guest_context *ctx = xnew(struct vcpu_guest_context);
    long rc;

    if (!ctx)
        return -ENOMEM;
    rc = door_in(c->v, ctx, from, sizeof(*ctx));
    if (!rc)
        rc = vcpu_set_context(v, ctx);
    xfree(ctx);
    return rc;
}

/* Root tables are taken preemptibly; what was taken so far waits in the vcpu for the next try. */
long domctl_set_context(struct domctl_call *c, struct xen_domctl *op)
{
    gva_t from = door_handle(op->u.vcpucontext.ctxt);
    struct domain *d = c->d;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, op->u.vcpucontext.vcpu, EINVAL, &rc);
    if (!v)
        return rc;
    domain_pause(d);
    spin_lock(&d->life);
    if (d->state >= DOM_DYING)
        rc = refuse(c->v->domain, EINVAL, DOMAIN_DYING, d->id, 0, 0);
    else
        rc = from ? context_set(c, v, from) : vcpu_reset(v);
    spin_unlock(&d->life);
    domain_unpause(d);
    return rc;
}

long domctl_get_context(struct domctl_call *c, struct xen_domctl *op)
{
    struct vcpu_guest_context *ctx;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, op->u.vcpucontext.vcpu, EINVAL, &rc);
    if (!v)
        return rc;
    if (!v->initialised)
        return refuse(c->v->domain, ENODATA, NO_CONTEXT, v->id, 0, 0);
    ctx = xnew(struct vcpu_guest_context);
    if (!ctx)
        return -ENOMEM;
    vcpu_pause(v);
    vcpu_get_context(v, ctx);
    vcpu_unpause(v);
    rc = door_out(c->v, door_handle(op->u.vcpucontext.ctxt), ctx, sizeof(*ctx));
    xfree(ctx);
    c->answer = !rc;
    return rc;
}

/* Its size began with two callbacks; machine-check capabilities came later and are none here. */
long domctl_set_ext_context(struct domctl_call *c, struct xen_domctl *op)
{
    const struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, e->vcpu, ESRCH, &rc);
    if (!v)
        return rc;
    if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap))
        return refuse(c->v->domain, EINVAL, CONTEXT_SIZE, e->size, sizeof(*e), 0);
    if (!va_canonical(e->sysenter_callback_eip) || !va_canonical(e->syscall32_callback_eip))
        return refuse(c->v->domain, EINVAL, CONTEXT_ADDRESS, e->syscall32_callback_eip, v->id, 0);
    vcpu_pause(v);
    v->cb_sysenter = (struct callback){e->sysenter_callback_eip, e->sysenter_disables_events != 0};
    v->cb_syscall32 = (struct callback){e->syscall32_callback_eip, e->syscall32_disables_events != 0};
    vcpu_unpause(v);
    return 0;
}

long domctl_get_ext_context(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, e->vcpu, ESRCH, &rc);
    if (!v)
        return rc;
    *e = (struct xen_domctl_ext_vcpucontext){
        .vcpu = v->id,
        .size = sizeof(*e),
        .sysenter_callback_eip = v->cb_sysenter.rip,
        .sysenter_callback_cs = FLAT_KERNEL_CS,
        .sysenter_disables_events = v->cb_sysenter.mask_events,
        .syscall32_callback_eip = v->cb_syscall32.rip,
        .syscall32_callback_cs = FLAT_KERNEL_CS,
        .syscall32_disables_events = v->cb_syscall32.mask_events};
    c->answer = true;
    return 0;
}

/* Extended state as the tools keep it: XCR0, XCR0 as it ever was, then the save area. */
struct xstate_head {
    uint64_t xcr0, xcr0_accum;
};

static uint64_t xstate_bytes(void)
{
    return xcr0_host_mask ? sizeof(struct xstate_head) + port_xsave_size() : 0;
}

long domctl_get_xstate(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
    gva_t to = door_handle(e->buffer);
    struct xstate_head head;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, e->vcpu, ESRCH, &rc);
    if (!v)
        return rc;
    if (!to || (!e->size && !e->xfeature_mask)) {
        e->xfeature_mask = xcr0_host_mask;
        e->size = xstate_bytes();
        c->answer = true;
        return 0;
    }
    if (e->size != xstate_bytes() || e->xfeature_mask != xcr0_host_mask)
        return refuse(c->v->domain, EINVAL, CONTEXT_SIZE, e->size, xstate_bytes(), e->xfeature_mask);
    vcpu_pause(v);
    head = (struct xstate_head){v->xcr0, xcr0_host_mask};
    rc = door_out_obj(c->v, to, head);
    if (!rc)
        rc = door_out(c->v, to + sizeof(head), v->xsave, port_xsave_size());
    vcpu_unpause(v);
    c->answer = !rc;
    return rc;
}

static bool xcr0_possible(uint64_t xcr0)
{
    return (xcr0 & 1) && !(xcr0 & ~xcr0_host_mask) && (!(xcr0 & 4) || (xcr0 & 2));
}

static long xstate_take(struct domctl_call *c, struct vcpu *v, gva_t from, size_t bytes)
{
    struct xstate_head head;
    uint8_t *area = xalloc(bytes);
    long rc = area ? door_in_obj(c->v, head, from) : -ENOMEM;

    if (!rc)
        rc = door_in(c->v, area, from + sizeof(head), bytes);
    if (!rc && (!xcr0_possible(head.xcr0) || !vcpu_xsave_valid(area)))
        rc = refuse(c->v->domain, EINVAL, CONTEXT_SIZE, bytes, head.xcr0, head.xcr0_accum);
    if (!rc) {
        vcpu_pause(v);
        v->xcr0 = head.xcr0;
        memcpy(v->xsave, area, bytes);
        v->fpu_initialised = true;
        vcpu_unpause(v);
    }
    xfree(area);
    return rc;
}

/* Only of exactly this machine's size: the offsets of components are the CPU's. */
long domctl_set_xstate(struct domctl_call *c, struct xen_domctl *op)
{
    const struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, e->vcpu, ESRCH, &rc);
    if (!v)
        return rc;
    if (!e->size || e->size != xstate_bytes())
        return refuse(c->v->domain, EINVAL, CONTEXT_SIZE, e->size, xstate_bytes(), 0);
    return xstate_take(c, v, door_handle(e->buffer), port_xsave_size());
}

/* A PV guest's vcpu has no MSR that would have to move with it. */
long domctl_get_msrs(struct domctl_call *c, struct xen_domctl *op)
{
    long rc = 0;

    if (!vcpu_get(c, op->u.vcpu_msrs.vcpu, op->u.vcpu_msrs.vcpu < c->d->max_vcpus ? ESRCH : EINVAL, &rc))
        return rc;
    op->u.vcpu_msrs.msr_count = 0;
    c->answer = true;
    return 0;
}

long domctl_set_msrs(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_vcpu_msr m;
    long rc = 0;

    if (!vcpu_get(c, op->u.vcpu_msrs.vcpu, op->u.vcpu_msrs.vcpu < c->d->max_vcpus ? ESRCH : EINVAL, &rc))
        return rc;
    c->answer = true;
    if (!door_handle(op->u.vcpu_msrs.msrs) || !op->u.vcpu_msrs.msr_count) {
        op->u.vcpu_msrs.msr_count = 0;
        return 0;
    }
    rc = door_in_obj(c->v, m, door_handle(op->u.vcpu_msrs.msrs));
    op->u.vcpu_msrs.msr_count = 0; /* the first one is wrong */
    return rc ? rc : refuse(c->v->domain, EINVAL, POLICY_MSR, m.index, m.value, m.reserved);
}

/* ---- where they run ---- */

long domctl_vcpu_info(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *out = &op->u.getvcpuinfo;
    struct vcpu_runstate_info r;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, out->vcpu, out->vcpu < c->d->max_vcpus ? ESRCH : EINVAL, &rc);
    if (!v)
        return rc;
    vcpu_runstate_get(v, &r);
    out->online = !v->down;
    out->blocked = v->blocked;
    out->running = v->sched.on_cpu;
    out->cpu_time = r.time[RUNSTATE_running];
    out->cpu = v->sched.cpu;
    c->answer = true;
    return 0;
}

static long affinity_check(struct domctl_call *c, const struct xen_domctl_vcpuaffinity *a, struct vcpu **v)
{
    bool hard = a->flags & XEN_VCPUAFFINITY_HARD, soft = a->flags & XEN_VCPUAFFINITY_SOFT;
    long rc = 0;

    *v = vcpu_get(c, a->vcpu, a->vcpu < c->d->max_vcpus ? ESRCH : EINVAL, &rc);
    if (!*v)
        return rc;
    if (!a->flags || (hard && !door_handle(a->cpumap_hard.bitmap)) ||
        (soft && !door_handle(a->cpumap_soft.bitmap)))
        return refuse(c->v->domain, EINVAL, AFFINITY, a->flags, 0, 0);
    return 0;
}

/* What becomes of it (within the CPUs there are) goes back to the bitmaps. */
long domctl_set_affinity(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    cpumask_t hard, soft;
    struct vcpu *v;
    long rc = affinity_check(c, a, &v);

    if (rc)
        return rc;
    if ((a->flags & XEN_VCPUAFFINITY_FORCE) && v->sched.affinity_saved)
        sched_pin_override(v, -1);
    hard = v->sched.affinity_hard;
    soft = v->sched.affinity_soft;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = bitmap_in(c->v, &a->cpumap_hard, &hard);
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = bitmap_in(c->v, &a->cpumap_soft, &soft);
    if (!rc && !(soft & cpus_online))
        rc = refuse(c->v->domain, EINVAL, AFFINITY, a->flags, soft, 0);
    if (!rc && (a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))) {
        rc = sched_set_affinity(v, hard, soft);
        if (rc)
            refuse(c->v->domain, -(int)rc, AFFINITY, a->flags, hard, 0);
    }
    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD))
        rc = bitmap_out(c->v, &a->cpumap_hard, hard & cpus_online);
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = bitmap_out(c->v, &a->cpumap_soft, soft & hard & cpus_online);
    return rc;
}

long domctl_get_affinity(struct domctl_call *c, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    long rc = affinity_check(c, a, &v);

    if (!rc && (a->flags & XEN_VCPUAFFINITY_HARD))
        rc = bitmap_out(c->v, &a->cpumap_hard, v->sched.affinity_hard);
    if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
        rc = bitmap_out(c->v, &a->cpumap_soft, v->sched.affinity_soft);
    return rc;
}

long domctl_trigger(struct domctl_call *c, struct xen_domctl *op)
{
    uint32_t what = op->u.sendtrigger.trigger;
    struct vcpu *v;
    long rc = 0;

    v = vcpu_get(c, op->u.sendtrigger.vcpu, ESRCH, &rc);
    if (!v)
        return rc;
    if (what != XEN_DOMCTL_SENDTRIGGER_NMI)
        return refuse(c->v->domain,
                      what == XEN_DOMCTL_SENDTRIGGER_POWER || what == XEN_DOMCTL_SENDTRIGGER_SLEEP ? EINVAL : ENOSYS,
                      UNKNOWN_SUBOP, what, 0, 0);
    vcpu_set_work(v, WORK_NMI);
    vcpu_kick(v);
    return 0;
}
