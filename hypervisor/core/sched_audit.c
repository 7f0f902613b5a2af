/* SPDX-License-Identifier: MIT */
/* The scheduler's invariants, checked from what the vcpus and queues say of each other. */
#include "core/log.h"
#include "core/sched_policies.h"

static unsigned audit_fail(const struct vcpu *v, const char *what)
{
    log_msg(LOG_ERR, "sched audit: %sv%u: %s", v->domain->name, v->id, what);
    return 1;
}

static unsigned audit_vcpu(const struct vcpu *v)
{
    const struct sched_vcpu *s = &v->sched;
    const struct runqueue *rq = &runqueues[s->cpu];
    bool may = sched_may_queue(v);
    unsigned errors = 0;

    if (s->queued && (!may || v->run != VCPU_RUNNABLE || s->on_cpu))
        errors += audit_fail(v, "queued, but may not run or runs"); /* SCH-1 */
    if (s->queued && !sched_allowed(v, s->cpu))
        errors += audit_fail(v, "queued against its affinity");
    if (may && !s->queued && !s->on_cpu)
        errors += audit_fail(v, "may run, but waits nowhere"); /* SCH-2 */
    if ((v->run == VCPU_RUNNING) != (rq->curr == v))
        errors += audit_fail(v, "its CPU disagrees about its running"); /* SCH-3 */
    if (v->run == VCPU_RUNNING && !s->on_cpu)
        errors += audit_fail(v, "RUNNING, but on no CPU");
    return errors;
}

static unsigned audit_queue(struct runqueue *rq)
{
    unsigned n = 0, errors = 0;

    list_for_each(l, &rq->queue)
    {
        struct vcpu *v = container_of(l, struct vcpu, sched.link);

        n++;
        if (!v->sched.queued || v->sched.cpu != rq->cpu)
            errors += audit_fail(v, "on a queue it does not know of");
    }
    if (n != rq->nr) {
        log_msg(LOG_ERR, "sched audit: CPU %u counts %u queued, has %u", rq->cpu, rq->nr, n);
        errors++;
    }
    if (rq->curr && rq->sliced && !(timer_is_set(&rq->slice) && rq->slice.deadline <= rq->slice_end) &&
        !(rq->curr->work & WORK_RESCHED))
        errors += audit_fail(rq->curr, "has a slice whose end no timer tells");
    if (n && rq->curr && !rq->sliced && !(rq->curr->work & WORK_RESCHED))
        errors += audit_fail(rq->curr, "others wait, but nothing will end its turn"); /* SCH-4 */
    return errors;
}

unsigned sched_audit(void)
{
    unsigned errors = 0;
    struct domain *d;

    for (cpumask_t m = cpus_online; m; m &= m - 1)
        errors += audit_queue(&runqueues[__builtin_ctzll(m)]);
    for (domid_t id = 0; (d = domain_next(id)) != NULL; id = (domid_t)(d->id + 1)) {
        for (unsigned i = 0; i < d->max_vcpus; i++)
            if (d->vcpus[i])
                errors += audit_vcpu(d->vcpus[i]);
        domain_put(d);
    }
    return errors;
}
