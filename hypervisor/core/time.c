/* SPDX-License-Identifier: MIT */
#include "core/time.h"
#include "core/evtchn.h"
#include "lib/string.h"

#define NS_PER_S 1000000000ull

/* ---- pvclock and wallclock ---- */

/* The guest may read while this CPU writes (a vcpu's area is only written where it runs, or before
 * it has run, but other vcpus may look at it): odd version, words, even version. The flags stay 0 as
 * they began: never TSC_STABLE, because nothing proves the CPUs' counters equal. */
static void write_time_info(struct vcpu_time_info *t, const struct tsc_params *p)
{
    uint32_t version = (t->version + 1) | 1;

    __atomic_store_n(&t->version, version, __ATOMIC_SEQ_CST);
    WRITE_ONCE(t->tsc_timestamp, p->tsc_base);
    WRITE_ONCE(t->system_time, p->ns_base);
    WRITE_ONCE(t->tsc_to_system_mul, p->mul);
    WRITE_ONCE(t->tsc_shift, p->shift);
    __atomic_store_n(&t->version, version + 1, __ATOMIC_SEQ_CST);
}

/* The second copy, in memory the guest registered: may fault, which is the guest's affair. The copy
 * goes out with an odd version, then the even one. */
static void copy_time_info(struct vcpu *v)
{
    struct vcpu_time_info t = v->info->time;

    t.version |= 1;
    if (port_copy_to_guest(v->time_gva, &t, sizeof(t)))
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    t.version++;
    port_copy_to_guest(v->time_gva, &t.version, sizeof(t.version));
}

void time_vcpu_update(struct vcpu *v)
{
    struct tsc_params p;

    if (!vcpu_has_info(v))
        return;
    port_tsc_params(&p);
    write_time_info(&v->info->time, &p);
    if (v->time_gva && v == port_current())
        copy_time_info(v);
}

/* Whose time is written, and by whom: a new domain's while another CPU sets the clock. A leaf. */
static spinlock_t wallclock_lock = SPINLOCK_INIT;

void time_domain_wallclock(struct domain *d)
{
    struct shared_info *s = d->shared_info;
    uint64_t ns, sec;
    uint32_t version;

    spin_lock(&wallclock_lock);
    ns = port_wallclock_ns();
    sec = ns / NS_PER_S + (uint64_t)(int64_t)d->time_offset;
    version = (s->wc_version + 1) | 1;
    __atomic_store_n(&s->wc_version, version, __ATOMIC_SEQ_CST);
    WRITE_ONCE(s->wc_sec, (uint32_t)sec);
    WRITE_ONCE(s->wc_nsec, (uint32_t)(ns % NS_PER_S));
    WRITE_ONCE(s->wc_sec_hi, (uint32_t)(sec >> 32));
    __atomic_store_n(&s->wc_version, version + 1, __ATOMIC_SEQ_CST);
    spin_unlock(&wallclock_lock);
}

/* A domain that is not in the table yet may keep the old time for now: it is written again with the context of its first
 * vcpu, before it can run. */
void time_set_wallclock(uint64_t ns)
{
    struct domain *d, *next;

    spin_lock(&wallclock_lock);
    port_wallclock_set(ns);
    spin_unlock(&wallclock_lock);
    for (d = domain_next(0); d; d = next) {
        next = domain_next((domid_t)(d->id + 1));
        if (d->shared_info)
            time_domain_wallclock(d);
        domain_put(d);
    }
}

/* ---- a vcpu's timers ---- */

/* Raising an event does not kick the vcpu this CPU works for, but that one may just be on its way to
 * sleep, with its events masked if it polls. */
static void singleshot_fn(void *arg)
{
    struct vcpu *v = arg;

    virq_raise_vcpu(v, VIRQ_TIMER);
    if (v->blocked && v->info->evtchn_upcall_pending)
        vcpu_wake(v);
}

static void poll_fn(void *arg)
{
    struct vcpu *v = arg;

    if (READ_ONCE(v->poll_ports))
        vcpu_wake(v);
}

/* The vcpu may have stopped running, or moved, since the interrupt was armed: then nothing, and
 * time_periodic_resume() makes it good. */
static void periodic_fn(void *arg)
{
    struct vcpu *v = arg;

    if (v == port_current() && v->run == VCPU_RUNNING)
        time_periodic_resume(v);
}

void time_periodic_resume(struct vcpu *v)
{
    uint64_t now;

    if (!v->periodic_ns)
        return;
    now = port_now();
    if (now - v->periodic_last >= v->periodic_ns) {
        v->periodic_last = now;
        virq_raise_vcpu(v, VIRQ_TIMER);
    }
    timer_set(&v->periodic_timer, v->periodic_last + v->periodic_ns);
}

void time_periodic_suspend(struct vcpu *v)
{
    if (timer_is_set(&v->periodic_timer))
        timer_stop(&v->periodic_timer);
}

void time_set_periodic(struct vcpu *v, uint64_t period_ns)
{
    WRITE_ONCE(v->periodic_ns, period_ns);
    timer_stop(&v->periodic_timer);
    if (v == port_current()) {
        time_periodic_resume(v);
    } else if (period_ns) { /* if it runs, its CPU has to begin */
        vcpu_set_work(v, WORK_TIME);
        if (!READ_ONCE(v->blocked))
            vcpu_kick(v);
    }
}

void time_vcpu_init(struct vcpu *v)
{
    v->sched.time_cpu = ~0u;
    v->periodic_last = port_now();
    timer_init(&v->singleshot, singleshot_fn, v);
    timer_init(&v->periodic_timer, periodic_fn, v);
    timer_init(&v->poll_timer, poll_fn, v);
}

void time_vcpu_exit(struct vcpu *v)
{
    timer_stop(&v->singleshot);
    timer_stop(&v->periodic_timer);
    timer_stop(&v->poll_timer);
}
