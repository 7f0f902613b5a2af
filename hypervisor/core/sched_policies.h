/* SPDX-License-Identifier: MIT */
/* Between core/sched.c and its policies: the run queue and the policies there are. */
#ifndef CORE_SCHED_POLICIES_H
#define CORE_SCHED_POLICIES_H

#include "core/sched.h"
#include "lib/list.h"

struct runqueue {
    spinlock_t lock;
    unsigned cpu;
    unsigned nr;       /* vcpus queued, not counting curr; others read it as a hint */
    struct vcpu *curr; /* RUNNING here; NULL: idle */
    bool sliced;       /* the slice timer will ask curr to make room */
    struct timer slice;
    uint64_t slice_end; /* if sliced; the timer is set to no later time */
    struct list queue; /* of sched.link; the policy's */
    int64_t vtime;     /* credit: how far this queue's service has come */
    uint64_t idle_ns, idle_since; /* altogether until, and the begin of this idle time (0: not idle) */
    uint64_t balanced; /* when it last looked at other CPUs */
} __attribute__((aligned(64)));

extern struct runqueue runqueues[NR_CPUS];
extern const struct sched_policy sched_credit, sched_rr;

static inline bool sched_allowed(const struct vcpu *v, unsigned cpu)
{
    return (v->sched.affinity_hard & BIT(cpu)) || !(v->sched.affinity_hard & cpus_online);
}

/* May v wait on a run queue? */
static inline bool sched_may_queue(const struct vcpu *v)
{
    return vcpu_may_run(v) && !v->sched.cap_parked;
}

static inline struct vcpu *queue_head(const struct runqueue *rq)
{
    return list_empty(&rq->queue) ? NULL : container_of(rq->queue.next, struct vcpu, sched.link);
}

/* The first vcpu waiting on `from` that may run on `to`, one that would like to before others. */
struct vcpu *queue_first_allowed(unsigned from, unsigned to);

#endif
