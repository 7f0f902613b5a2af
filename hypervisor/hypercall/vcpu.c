/* SPDX-License-Identifier: MIT */
/* vcpu_op: what a domain does with its vcpus. */
#include "core/pte.h"
#include "core/sched.h"
#include "core/time.h"
#include "core/vcpu_context.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/sched.h>
#include <xen/vcpu.h>

#define PERIOD_MIN_NS 1000000ull
#define PERIOD_MAX_NS ((1ull << 53) - 1) /* 2^53 ns are 104 days */

/* LIMIT: a context is 5 KiB, too much for the stack: it is allocated for each call. */
static long initialise(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_guest_context *c;
    struct domain *d = v->domain;
    long rc;

    if (!vcpu_has_info(target))
        return refuse(d, EINVAL, VCPU_NO_INFO, target->id, 0, 0);
    c = xnew(struct vcpu_guest_context);
    if (!c)
        return -ENOMEM;
    rc = door_in(v, c, arg, sizeof(*c));
    if (!rc) {
        spin_lock(&d->life);
        rc = target->initialised ? refuse(d, EEXIST, VCPU_INITIALISED, target->id, 0, 0)
                                 : vcpu_set_context(target, c);
        spin_unlock(&d->life);
    }
    xfree(c);
    return rc;
}

static long up(struct vcpu *v, struct vcpu *target)
{
    long rc = 0;

    spin_lock(&v->domain->life);
    if (!target->initialised)
        rc = refuse(v->domain, EINVAL, VCPU_NOT_INITIALISED, target->id, 0, 0);
    else
        __atomic_store_n(&target->down, false, __ATOMIC_SEQ_CST);
    spin_unlock(&v->domain->life);
    if (!rc)
        sched_update(target);
    return rc;
}

/* The last one that goes down takes the domain with it. */
static long down(struct vcpu *target)
{
    struct domain *d = target->domain;
    bool last = true;

    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i] && d->vcpus[i] != target && !d->vcpus[i]->down)
            last = false;
    if (last) {
        domain_shutdown(d, SHUTDOWN_poweroff);
        return 0;
    }
    __atomic_store_n(&target->down, true, __ATOMIC_SEQ_CST);
    sched_update(target);
    return 0;
}

static long get_runstate(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_runstate_info r;

    vcpu_runstate_get(target, &r);
    return door_out_obj(v, arg, r);
}

/* The area is written now and whenever the vcpu is switched to or from. */
static long register_runstate(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_register_runstate_memory_area area;
    struct vcpu_runstate_info r;
    int rc = door_in_obj(v, area, arg);

    if (rc)
        return rc;
    if (!va_is_guest(area.addr.p, sizeof(r)))
        return refuse(v->domain, EFAULT, BAD_POINTER, area.addr.p, sizeof(r), 0);
    target->runstate_gva = area.addr.p;
    if (target == v) {
        vcpu_runstate_to_guest(v);
    } else {
        vcpu_runstate_get(target, &r);
        port_copy_to_guest(area.addr.p, &r, sizeof(r));
    }
    return 0;
}

static long register_time(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_register_time_memory_area area;
    int rc = door_in_obj(v, area, arg);

    if (rc)
        return rc;
    if (!va_is_guest(area.addr.p, sizeof(struct vcpu_time_info)))
        return refuse(v->domain, EFAULT, BAD_POINTER, area.addr.p, sizeof(struct vcpu_time_info),
                      0);
    target->time_gva = area.addr.p;
    if (target == v)
        time_vcpu_update(v);
    else
        target->sched.time_cpu = ~0u; /* written when it runs next */
    return 0;
}

static long set_periodic(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_set_periodic_timer set;
    int rc = door_in_obj(v, set, arg);

    if (rc)
        return rc;
    if (set.period_ns < PERIOD_MIN_NS || set.period_ns > PERIOD_MAX_NS)
        return refuse(v->domain, EINVAL, TIMER_PERIOD, set.period_ns, PERIOD_MIN_NS, PERIOD_MAX_NS);
    time_set_periodic(target, set.period_ns);
    return 0;
}

static long set_singleshot(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_set_singleshot_timer set;
    int rc;

    if (target != v)
        return refuse(v->domain, EINVAL, VCPU_NOT_SELF, target->id, 0, 0);
    rc = door_in_obj(v, set, arg);
    if (rc)
        return rc;
    /* VCPU_SSHOTTMR_future may be ignored, and 4.17 does: a past time fires at once. */
    timer_set(&v->singleshot, time_from_guest(set.timeout_abs_ns));
    return 0;
}

static long stop_singleshot(struct vcpu *v, struct vcpu *target)
{
    if (target != v)
        return refuse(v->domain, EINVAL, VCPU_NOT_SELF, target->id, 0, 0);
    timer_stop(&v->singleshot);
    return 0;
}

static long register_info(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_register_vcpu_info info;
    long rc = door_in_obj(v, info, arg);

    if (rc)
        return rc;
    spin_lock(&v->domain->life);
    rc = vcpu_register_info(target, MFN(info.mfn), info.offset);
    if (!rc)
        time_vcpu_update(target);
    spin_unlock(&v->domain->life);
    return rc;
}

/* Only for the control domain's vcpus that can run on one CPU alone.
 * LIMIT: the APIC's and ACPI's ids are taken to be the number, as they are without holes. */
static long get_physid(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    struct vcpu_get_physid id = {target->id | (uint64_t)target->id << 32};
    cpumask_t cpus = target->sched.affinity_hard & cpus_online;

    if (!v->domain->privileged || !cpus || (cpus & (cpus - 1)))
        return refuse(v->domain, EINVAL, VCPU_NOT_PINNED, target->id, cpus, 0);
    return door_out_obj(v, arg, id);
}

static long send_nmi(struct vcpu *v, struct vcpu *target, gva_t arg)
{
    if (arg)
        return refuse(v->domain, EINVAL, BAD_POINTER, arg, 0, 0);
    vcpu_set_work(target, WORK_NMI);
    vcpu_kick(target);
    return 0;
}

/* a1: VCPUOP_*, a2: the vcpu's number, a3: the argument. */
long hc_vcpu_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct domain *d = v->domain;
    struct vcpu *target;

    (void)a4, (void)a5;
    v->hc_sub = (uint32_t)a1;
    if ((uint32_t)a2 >= d->max_vcpus || !(target = d->vcpus[(uint32_t)a2]))
        return -ENOENT; /* how a guest counts its vcpus */
    switch ((uint32_t)a1) {
    case VCPUOP_initialise: {
        long rc = initialise(v, target, a3);

        return rc == -ERESTART ? hypercall_restart(v, a1, a2, a3, 0, 0) : rc;
    }
    case VCPUOP_up: return up(v, target);
    case VCPUOP_down: return down(target);
    case VCPUOP_is_up: return !target->down;
    case VCPUOP_get_runstate_info: return get_runstate(v, target, a3);
    case VCPUOP_register_runstate_memory_area: return register_runstate(v, target, a3);
    case VCPUOP_set_periodic_timer: return set_periodic(v, target, a3);
    case VCPUOP_stop_periodic_timer: time_set_periodic(target, 0); return 0;
    case VCPUOP_set_singleshot_timer: return set_singleshot(v, target, a3);
    case VCPUOP_stop_singleshot_timer: return stop_singleshot(v, target);
    case VCPUOP_register_vcpu_info: return register_info(v, target, a3);
    case VCPUOP_send_nmi: return send_nmi(v, target, a3);
    case VCPUOP_get_physid: return get_physid(v, target, a3);
    case VCPUOP_register_vcpu_time_memory_area: return register_time(v, target, a3);
    default: return refuse(d, ENOSYS, UNKNOWN_SUBOP, a1, 0, 0);
    }
}
