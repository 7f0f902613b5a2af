/* SPDX-License-Identifier: MIT */
#include "core/dump.h"
#include "core/log.h"
#include "core/sched_policies.h"

#define SHOWN 16 /* vcpus of a queue */

static void queue_line(struct runqueue *rq)
{
    struct {
        domid_t domain;
        unsigned vcpu;
    } who[SHOWN + 1];
    unsigned n = 1, waiting;
    bool runs;

    spin_lock(&rq->lock);
    runs = rq->curr;
    if (runs) {
        who[0].domain = rq->curr->domain->id;
        who[0].vcpu = rq->curr->id;
    }
    waiting = rq->nr;
    list_for_each(l, &rq->queue)
    {
        const struct vcpu *v = container_of(l, struct vcpu, sched.link);

        if (n > SHOWN)
            break;
        who[n].domain = v->domain->id;
        who[n++].vcpu = v->id;
    }
    spin_unlock(&rq->lock);

    if (runs)
        log_msg(LOG_ERR, "CPU %u: runs d%uv%u, %u wait", rq->cpu, who[0].domain, who[0].vcpu,
                waiting);
    else
        log_msg(LOG_ERR, "CPU %u: idle, %u wait", rq->cpu, waiting);
    for (unsigned i = 1; i < n; i++)
        log_msg(LOG_ERR, "  d%uv%u", who[i].domain, who[i].vcpu);
}

unsigned sched_dump(unsigned lines)
{
    log_msg(LOG_ERR, "Scheduler %s, online CPUs %#lx", sched_policy->name, cpus_online);
    for (unsigned cpu = 0; cpu < NR_CPUS && lines > SHOWN; cpu++)
        if (cpus_online & BIT(cpu)) {
            queue_line(&runqueues[cpu]);
            lines -= 1 + min(runqueues[cpu].nr, (unsigned)SHOWN);
        }
    return lines;
}

struct vcpu *sched_running(unsigned cpu)
{
    struct runqueue *rq = &runqueues[cpu];
    struct vcpu *v;

    spin_lock(&rq->lock);
    v = rq->curr;
    if (v)
        domain_get(v->domain); /* it runs, so there are others */
    spin_unlock(&rq->lock);
    return v;
}
