/* SPDX-License-Identifier: MIT */
/*
 * Round robin: each runnable vcpu of a CPU in turn, for at most 10 ms. No weights, no caps; affinity
 * is kept by core/sched.c. sched.credit is the time used of the current turn.
 */
#include "core/sched_policies.h"

#define SLICE 10000000

static void rr_cpu_init(unsigned cpu)
{
    (void)cpu;
}
static void rr_vcpu_init(struct vcpu *v)
{
    v->sched.credit = 0;
}
static void rr_vcpu_exit(struct vcpu *v)
{
    (void)v;
}
static void rr_domain(struct domain *d)
{
    (void)d;
}

static void rr_enqueue(unsigned cpu, struct vcpu *v, bool woken)
{
    (void)woken;
    list_add_tail(&runqueues[cpu].queue, &v->sched.link);
}

static void rr_dequeue(unsigned cpu, struct vcpu *v)
{
    (void)cpu;
    list_del(&v->sched.link);
}

static struct vcpu *rr_pick(unsigned cpu, struct vcpu *cur, uint64_t now, uint64_t *slice)
{
    struct vcpu *head = queue_head(&runqueues[cpu]);

    (void)now;
    if (cur && (!head || (cur->sched.credit < SLICE && !cur->sched.yielded))) {
        if (head)
            *slice = (uint64_t)(SLICE - cur->sched.credit);
        else
            cur->sched.credit = 0;
        return cur;
    }
    if (head) {
        list_del(&head->sched.link);
        head->sched.credit = 0;
        if (cur || queue_head(&runqueues[cpu]))
            *slice = SLICE;
    }
    return head;
}

static void rr_charge(struct vcpu *v, uint64_t ran_ns)
{
    v->sched.credit += (int64_t)ran_ns;
}

static bool rr_preempts(const struct vcpu *woken, const struct vcpu *running)
{
    (void)woken, (void)running;
    return false;
}

static bool rr_overdue(const struct vcpu *waiting, const struct vcpu *running)
{
    (void)waiting, (void)running;
    return false;
}

const struct sched_policy sched_rr = {
    .name = "rr",
    .id = 5, /* XEN_SCHEDULER_CREDIT is 5: the nearest the tools know */
    .cpu_init = rr_cpu_init,
    .vcpu_init = rr_vcpu_init,
    .vcpu_exit = rr_vcpu_exit,
    .domain_init = rr_domain,
    .domain_exit = rr_domain,
    .domain_params = rr_domain,
    .enqueue = rr_enqueue,
    .dequeue = rr_dequeue,
    .pick = rr_pick,
    .charge = rr_charge,
    .preempts = rr_preempts,
    .overdue = rr_overdue,
};
