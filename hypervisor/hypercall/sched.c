/* SPDX-License-Identifier: MIT */
/* sched_op and its old form: yield, block, poll, shutdown, watchdog. */
#include "core/evtchn.h"
#include "core/sched.h"
#include "core/time.h"
#include "core/watchdog.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/sched.h>

#define POLL_PORTS_MAX 128

static long yield(struct vcpu *v)
{
    vcpu_yield(v);
    return 0;
}

static long block(struct vcpu *v)
{
    vcpu_block(v);
    return 0;
}

static long shutdown(struct vcpu *v, gva_t arg)
{
    struct sched_shutdown s;
    int rc = door_in_obj(v, s, arg);

    if (!rc)
        domain_shutdown(v->domain, (uint8_t)s.reason);
    return rc;
}

static long shutdown_code(struct vcpu *v, gva_t arg)
{
    struct domain *d = v->domain;
    struct sched_shutdown s;
    int rc = door_in_obj(v, s, arg);
    uint8_t none = SHUTDOWN_NONE;

    /* Only said, not done: the code for the shutdown to come. The first one stays. */
    if (!rc)
        __atomic_compare_exchange_n(&d->shutdown_code, &none, (uint8_t)s.reason, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return rc;
}

/* 1: something is there already, or came meanwhile; 0: nothing is pending yet; or an error. */
static long poll_ports(struct vcpu *v, const struct sched_poll *p)
{
    gva_t ports = door_handle(p->ports);
    evtchn_port_t port = 0;

    if (vcpu_event_pending(v))
        return 1;
    for (unsigned i = 0; i < p->nr_ports; i++) {
        int rc = door_in_obj(v, port, ports + i * sizeof(port));

        if (rc)
            return rc;
        if (!evtchn_port_open(v->domain, port))
            return refuse(v->domain, EINVAL, POLL_PORT, port, i, 0);
        if (evtchn_port_pending(v->domain, port))
            return 1;
    }
    if (p->nr_ports == 1)
        return !vcpu_poll_narrow(v, port);
    return !__atomic_load_n(&v->poll_ports, __ATOMIC_SEQ_CST);
}

static long poll(struct vcpu *v, gva_t arg)
{
    struct sched_poll p;
    long rc = door_in_obj(v, p, arg);

    if (rc)
        return rc;
    if (p.nr_ports > POLL_PORTS_MAX)
        return refuse(v->domain, EINVAL, POLL_COUNT, p.nr_ports, POLL_PORTS_MAX, 0);
    vcpu_poll_begin(v);
    rc = poll_ports(v, &p);
    if (rc) {
        vcpu_poll_end(v);
        __atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
        return rc < 0 ? rc : 0;
    }
    if (p.timeout)
        timer_set(&v->poll_timer, time_from_guest(p.timeout));
    else if (timer_is_set(&v->poll_timer))
        timer_stop(&v->poll_timer);
    vcpu_set_work(v, WORK_RESCHED);
    return 0;
}

static long remote_shutdown(struct vcpu *v, gva_t arg)
{
    struct sched_remote_shutdown s;
    struct domain *d;
    int rc = door_in_obj(v, s, arg);

    if (rc)
        return rc;
    d = domain_find(s.domain_id);
    if (!d)
        return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, s.domain_id, 0, 0);
    if (!v->domain->privileged)
        rc = refuse(v->domain, EPERM, NOT_PRIVILEGED, s.domain_id, 0, 0);
    else
        domain_shutdown(d, (uint8_t)s.reason);
    domain_put(d);
    return rc;
}

static long watchdog(struct vcpu *v, gva_t arg)
{
    struct sched_watchdog w;
    int rc = door_in_obj(v, w, arg);

    return rc ? rc : watchdog_set(v->domain, w.id, w.timeout);
}

/* The control domain ties its vcpu to a CPU for a firmware call; negative: as it was before. */
static long pin_override(struct vcpu *v, gva_t arg)
{
    struct sched_pin_override p;
    int rc;

    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, 0, 0, 0);
    rc = door_in_obj(v, p, arg);
    if (rc)
        return rc;
    if (p.pcpu >= NR_CPUS)
        return refuse(v->domain, EINVAL, PIN_CPU, (uint32_t)p.pcpu, 0, 0);
    return sched_pin_override(v, p.pcpu);
}

/* a1: SCHEDOP_*, a2: its argument. */
long hc_sched_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)a1;
    switch ((uint32_t)a1) {
    case SCHEDOP_yield: return yield(v);
    case SCHEDOP_block: return block(v);
    case SCHEDOP_shutdown: return shutdown(v, a2);
    case SCHEDOP_poll: return poll(v, a2);
    case SCHEDOP_remote_shutdown: return remote_shutdown(v, a2);
    case SCHEDOP_shutdown_code: return shutdown_code(v, a2);
    case SCHEDOP_watchdog: return watchdog(v, a2);
    case SCHEDOP_pin_override: return pin_override(v, a2);
    default: return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, a1, 0, 0);
    }
}

/* The old numbers; for shutdown the argument is the reason itself. */
long hc_sched_op_compat(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                        uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)a1;
    switch ((uint32_t)a1) {
    case SCHEDOP_yield: return yield(v);
    case SCHEDOP_block: return block(v);
    case SCHEDOP_shutdown: domain_shutdown(v->domain, (uint8_t)a2); return 0;
    default: return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, a1, 0, 0);
    }
}
