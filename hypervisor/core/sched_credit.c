/* SPDX-License-Identifier: MIT */
/*
 * The default policy, towards the tools credit2: weight, cap, affinity.
 *
 * Virtual time: sched.credit grows while a vcpu runs, the slower the heavier its domain weighs, and
 * the waiting vcpu with the least of it runs next. Virtual time is one scale for all CPUs. A queue's
 * vtime is the credit of what it picked last; a vcpu that comes (woken, or from another CPU) is
 * brought into [vtime - BONUS, vtime + AHEAD]: who slept may run soon but not make up for all its
 * sleep, and who comes from a CPU that was further does not wait forever. Between CPUs fairness
 * comes from core/sched.c: a vcpu that waits here while one runs there that has had more than
 * OVERDUE above it (overdue()) is moved there.
 *
 * Who came to run goes on for sched_ratelimit_us unless it blocks or yields: a guest that makes
 * requests finishes making them before the domain that serves them runs, one switch for many.
 *
 * Caps: a domain with a cap may use cap % of one CPU's time in each PERIOD, all its vcpus together.
 * A vcpu that is charged when the account is used up is parked (sched.cap_parked) until the timer
 * at the end of the period. What was used above the account counts for the next periods, so the
 * average is exact. d->cap_lock, inside the run-queue lock and outside the timer lock, guards the account.
 */
#include "core/sched_policies.h"

#define SLICE 5000000 /* ns a vcpu runs while others wait */
#define GRAIN 1000000 /* a woken vcpu must be that far behind to preempt */
#define BONUS 2500000
#define AHEAD 30000000
#define OVERDUE 8000000
#define PERIOD 10000000ull
#define CAP_SLICE_MIN 100000ull

uint32_t sched_ratelimit_us = 1000;

static int64_t virtual_time(const struct vcpu *v, uint64_t ns)
{
    return (int64_t)(ns * SCHED_WEIGHT_DEFAULT / v->domain->sched_weight);
}

/* ---- caps ---- */

static uint64_t cap_budget(const struct domain *d)
{
    return PERIOD * d->sched_cap / 100;
}

/* Give the account what the periods since cap_start earned. cap_lock held. */
static void cap_refill(struct domain *d, uint64_t now)
{
    uint64_t periods = (now - d->cap_start) / PERIOD, earned = periods * cap_budget(d);

    d->cap_start += periods * PERIOD;
    d->cap_used = d->cap_used > earned ? d->cap_used - earned : 0;
}

static void cap_charge(struct vcpu *v, uint64_t ran)
{
    struct domain *d = v->domain;

    spin_lock(&d->cap_lock);
    d->cap_used += ran; /* first: what the periods of this run earned pays for it */
    cap_refill(d, port_now());
    if (d->cap_used >= cap_budget(d)) {
        v->sched.cap_parked = true;
        if (!timer_is_set(&d->cap_timer))
            timer_set(&d->cap_timer, d->cap_start + PERIOD);
    }
    spin_unlock(&d->cap_lock);
}

/* What each vcpu may use of what is left, for all of them may run at once.
 * LIMIT: the account may be used up while other vcpus of the domain run or wait; they run on, or get
 * CAP_SLICE_MIN, and are parked when they are charged. */
static uint64_t cap_slice(struct domain *d, uint64_t now)
{
    uint64_t left;

    spin_lock(&d->cap_lock);
    cap_refill(d, now);
    left = cap_budget(d) > d->cap_used ? cap_budget(d) - d->cap_used : 0;
    spin_unlock(&d->cap_lock);
    return max(left / d->max_vcpus, CAP_SLICE_MIN);
}

static void cap_unpark(struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpus[i];

        if (v && v->sched.cap_parked) {
            v->sched.cap_parked = false;
            sched_update(v);
        }
    }
}

static void cap_fn(void *arg)
{
    struct domain *d = arg;
    bool free;

    spin_lock(&d->cap_lock);
    cap_refill(d, port_now());
    free = !d->sched_cap || d->cap_used < cap_budget(d);
    if (!free)
        timer_set(&d->cap_timer, d->cap_start + PERIOD);
    spin_unlock(&d->cap_lock);
    if (free)
        cap_unpark(d);
}

static void credit_domain_init(struct domain *d)
{
    timer_init(&d->cap_timer, cap_fn, d);
}

static void credit_domain_exit(struct domain *d)
{
    timer_stop(&d->cap_timer);
}

static void credit_domain_params(struct domain *d)
{
    spin_lock(&d->cap_lock);
    d->cap_used = 0;
    d->cap_start = port_now();
    spin_unlock(&d->cap_lock);
    cap_unpark(d);
}

/* ---- the queue, in order of credit ---- */

static void credit_cpu_init(unsigned cpu)
{
    (void)cpu;
}
static void credit_vcpu_init(struct vcpu *v)
{
    v->sched.credit = INT64_MIN / 2;
}
static void credit_vcpu_exit(struct vcpu *v)
{
    (void)v;
}

static void credit_enqueue(unsigned cpu, struct vcpu *v, bool woken)
{
    struct runqueue *rq = &runqueues[cpu];
    struct list *at = rq->queue.prev;

    (void)woken;
    v->sched.credit = max(v->sched.credit, rq->vtime - BONUS);
    v->sched.credit = min(v->sched.credit, rq->vtime + AHEAD);
    while (at != &rq->queue &&
           container_of(at, struct vcpu, sched.link)->sched.credit > v->sched.credit)
        at = at->prev;
    list_add_head(at, &v->sched.link);
}

static void credit_dequeue(unsigned cpu, struct vcpu *v)
{
    (void)cpu;
    list_del(&v->sched.link);
}

static struct vcpu *credit_pick(unsigned cpu, struct vcpu *cur, uint64_t now, uint64_t *slice)
{
    struct runqueue *rq = &runqueues[cpu];
    struct vcpu *next = queue_head(rq);
    uint64_t ran = cur ? now - cur->sched.since : 0, least = sched_ratelimit_us * 1000ull;
    bool early = false; /* cur goes on although it is not its turn */

    if (next && cur && !cur->sched.yielded) {
        early = cur->sched.credit > next->sched.credit && ran < least;
        if (early || cur->sched.credit <= next->sched.credit)
            next = cur;
    }
    if (!next)
        next = cur;
    if (!next)
        return NULL;
    if (next != cur)
        list_del(&next->sched.link);
    rq->vtime = max(rq->vtime, next->sched.credit);
    if (queue_head(rq) || (cur && next != cur))
        *slice = early ? least - ran : SLICE;
    if (unlikely(next->domain->sched_cap))
        *slice = min(*slice, cap_slice(next->domain, now));
    return next;
}

static void credit_charge(struct vcpu *v, uint64_t ran)
{
    v->sched.credit += virtual_time(v, ran);
    if (unlikely(v->domain->sched_cap))
        cap_charge(v, ran);
}

/* The credit of a vcpu that runs, up to this moment. */
static int64_t credit_now(const struct vcpu *running)
{
    return running->sched.credit + virtual_time(running, port_now() - running->sched.last_start);
}

static bool credit_preempts(const struct vcpu *woken, const struct vcpu *running)
{
    return woken->sched.credit + GRAIN < credit_now(running);
}

static bool credit_overdue(const struct vcpu *waiting, const struct vcpu *running)
{
    return waiting->sched.credit + OVERDUE < credit_now(running);
}

const struct sched_policy sched_credit = {
    .name = "credit2",
    .id = 6, /* XEN_SCHEDULER_CREDIT2; public/domctl.h is for tools only */
    .slice = GRAIN, /* they are weighed again when it may matter */
    .cpu_init = credit_cpu_init,
    .vcpu_init = credit_vcpu_init,
    .vcpu_exit = credit_vcpu_exit,
    .domain_init = credit_domain_init,
    .domain_exit = credit_domain_exit,
    .domain_params = credit_domain_params,
    .enqueue = credit_enqueue,
    .dequeue = credit_dequeue,
    .pick = credit_pick,
    .charge = credit_charge,
    .preempts = credit_preempts,
    .overdue = credit_overdue,
};
