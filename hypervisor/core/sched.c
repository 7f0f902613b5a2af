/* SPDX-License-Identifier: MIT */
#include "core/sched.h"
#include "core/evtchn.h"
#include "core/log.h"
#include "core/sched_policies.h"
#include "core/time.h"
#include "lib/errno.h"
#include "lib/string.h"

#define BALANCE_NS 4000000ull

struct runqueue runqueues[NR_CPUS];
const struct sched_policy *sched_policy = &sched_credit;
cpumask_t cpus_online;
static cpumask_t cpus_idle; /* a hint for placement; atomic */

static const struct sched_policy *const policies[] = {&sched_credit, &sched_rr};

void sched_init(const char *policy_name)
{
    cpus_online = cpus_idle = 0;
    sched_policy = policies[0];
    if (!policy_name || !*policy_name)
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
        if (!strcmp(policies[i]->name, policy_name)) {
            sched_policy = policies[i];
            return;
        }
    log_msg(LOG_WARN, "sched=%s is unknown, using %s", policy_name, sched_policy->name);
}

/*
 * The timer of a slice that is not needed any more stays set, and a later slice does not move it: when it fires too early
 * it is set again. Two vcpus that wake each other begin and end slices all day, and reach the end of few.
 */
static void slice_fn(void *arg)
{
    struct runqueue *rq = arg;

    spin_lock(&rq->lock);
    if (rq->curr && rq->sliced) {
        if (port_now() >= rq->slice_end)
            vcpu_set_work(rq->curr, WORK_RESCHED);
        else
            timer_set(&rq->slice, rq->slice_end);
    }
    spin_unlock(&rq->lock);
}

/* Of this CPU's queue, which is locked. */
static void slice_begin(struct runqueue *rq, uint64_t end)
{
    rq->sliced = true;
    rq->slice_end = end;
    if (!timer_is_set(&rq->slice) || rq->slice.deadline > end)
        timer_set(&rq->slice, end);
}

void sched_cpu_up(unsigned cpu)
{
    struct runqueue *rq = &runqueues[cpu];

    memset(rq, 0, sizeof(*rq));
    list_init(&rq->queue);
    rq->cpu = cpu;
    timer_init(&rq->slice, slice_fn, rq);
    sched_policy->cpu_init(cpu);
    __atomic_or_fetch(&cpus_idle, BIT(cpu), __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&cpus_online, BIT(cpu), __ATOMIC_SEQ_CST);
}

void sched_domain_init(struct domain *d)
{
    sched_policy->domain_init(d);
}
void sched_domain_exit(struct domain *d)
{
    sched_policy->domain_exit(d);
}

void sched_vcpu_init(struct vcpu *v)
{
    cpumask_t online = cpus_online ? cpus_online : 1;

    list_init(&v->sched.link);
    v->sched.affinity_hard = v->sched.affinity_soft = ~0ull;
    /* Spread over the CPUs; placement at the first wake may choose better. */
    v->sched.cpu = v->id % (unsigned)__builtin_popcountll(online);
    while (!(online & BIT(v->sched.cpu)))
        v->sched.cpu = (v->sched.cpu + 1) % NR_CPUS;
    sched_policy->vcpu_init(v);
}

void sched_vcpu_exit(struct vcpu *v)
{
    BUG_ON(v->sched.queued || v->sched.on_cpu);
    sched_policy->vcpu_exit(v);
}

/* ---- where to run ---- */

static unsigned load_of(unsigned cpu)
{
    return READ_ONCE(runqueues[cpu].nr) + (READ_ONCE(runqueues[cpu].curr) != NULL);
}

/* The least loaded CPU of mask, which is not empty; `first` if it is as good as any. */
static unsigned least_loaded(cpumask_t mask, unsigned first)
{
    unsigned best = mask & BIT(first) ? first : (unsigned)__builtin_ctzll(mask);
    unsigned best_load = load_of(best);

    for (; mask && best_load; mask &= mask - 1) {
        unsigned cpu = (unsigned)__builtin_ctzll(mask), load = load_of(cpu);

        if (load < best_load) {
            best = cpu;
            best_load = load;
        }
    }
    return best;
}

unsigned sched_pick_cpu(const struct vcpu *v)
{
    cpumask_t hard = v->sched.affinity_hard & cpus_online, soft = hard & v->sched.affinity_soft;
    cpumask_t idle = READ_ONCE(cpus_idle);
    unsigned last = v->sched.cpu;

    if (unlikely(!hard))
        hard = cpus_online ? cpus_online : BIT(last);
    if (!soft)
        soft = hard;
    if (likely(soft & idle & BIT(last)))
        return last;
    if (soft & idle)
        return (unsigned)__builtin_ctzll(soft & idle);
    if (hard & idle)
        return hard & idle & BIT(last) ? last : (unsigned)__builtin_ctzll(hard & idle);
    return least_loaded(soft, last);
}

static bool cpu_idle(unsigned cpu)
{
    return READ_ONCE(cpus_idle) & BIT(cpu);
}

/* ---- run queues ---- */

/* What v is when it neither runs nor is queued; its clock of states goes with it. now 0: ask the clock. */
static void set_resting(struct vcpu *v, uint64_t now)
{
    bool blocked = READ_ONCE(v->blocked), off = v->down || !v->initialised;
    int state = blocked              ? RUNSTATE_blocked
                : sched_may_queue(v) ? RUNSTATE_runnable
                                     : RUNSTATE_offline;

    v->run = off ? VCPU_OFFLINE : blocked ? VCPU_BLOCKED : VCPU_RUNNABLE;
    if (v->runstate.state != state)
        vcpu_runstate_update(v, state, now);
}

static void unqueue(struct runqueue *rq, struct vcpu *v)
{
    sched_policy->dequeue(rq->cpu, v);
    v->sched.queued = false;
    rq->nr--;
}

static void enqueue(struct runqueue *rq, struct vcpu *v, bool woken)
{
    v->run = VCPU_RUNNABLE;
    if (v->runstate.state != RUNSTATE_runnable)
        vcpu_runstate_update(v, RUNSTATE_runnable, 0);
    v->sched.queued = true;
    rq->nr++;
    sched_policy->enqueue(rq->cpu, v, woken);
}

/* Have rq's CPU decide again if the newcomer changes what it should do. */
static void tickle(struct runqueue *rq, const struct vcpu *newcomer)
{
    struct vcpu *curr = rq->curr;

    if (curr) {
        if ((rq->sliced || (sched_policy->slice && rq->cpu == port_cpu())) && !sched_policy->preempts(newcomer, curr)) {
            if (!rq->sliced) /* it was alone */
                slice_begin(rq, port_now() + sched_policy->slice);
            return;
        }
        vcpu_set_work(curr, WORK_RESCHED);
    }
    if (rq->cpu != port_cpu())
        port_kick_cpu(rq->cpu);
}

/* Lock v's queue, and the one of CPU `to`. */
static struct runqueue *queues_lock(const struct vcpu *v, unsigned to)
{
    for (;;) {
        unsigned from = READ_ONCE(v->sched.cpu);

        spin_lock_two(&runqueues[from].lock, &runqueues[to].lock);
        if (likely(from == READ_ONCE(v->sched.cpu)))
            return &runqueues[from];
        spin_unlock_two(&runqueues[from].lock, &runqueues[to].lock);
    }
}

void sched_update(struct vcpu *v)
{
    unsigned to = sched_pick_cpu(v);
    struct runqueue *rq = queues_lock(v, to), *new = &runqueues[to];
    bool may = sched_may_queue(v);

    if (v->sched.on_cpu) {
        if (v->run != VCPU_RUNNING) {
            set_resting(v, 0); /* sched_switched_from() does the rest */
        } else if (!may || !sched_allowed(v, rq->cpu)) {
            vcpu_set_work(v, WORK_RESCHED);
            if (rq->cpu != port_cpu())
                port_kick_cpu(rq->cpu);
        }
    } else {
        bool was_queued = v->sched.queued;

        if (was_queued && (!may || !sched_allowed(v, rq->cpu) || cpu_idle(to)))
            unqueue(rq, v);
        if (may && !v->sched.queued) {
            v->sched.cpu = to;
            enqueue(new, v, !was_queued);
            tickle(new, v);
        } else if (!may) {
            set_resting(v, 0);
        }
    }
    spin_unlock_two(&rq->lock, &new->lock);
}

void sched_wait_off_cpu(struct vcpu *v)
{
    if (v == port_current())
        return;
    while (__atomic_load_n(&v->sched.on_cpu, __ATOMIC_ACQUIRE))
        spin_wait();
}

/* ---- what runs next ---- */

/* An event may have come after v blocked but while this CPU still worked for it (a timer, run on the
 * way here): nobody kicks the vcpu it works for. */
static void recheck_events(struct vcpu *v)
{
    if (likely(!v->blocked))
        return;
    if (vcpu_event_pending(v) ||
        (v->poll_ports == 1 && evtchn_port_pending(v->domain, v->poll_port))) {
        vcpu_poll_end(v);
        __atomic_store_n(&v->blocked, false, __ATOMIC_SEQ_CST);
    }
}

static void charge(struct vcpu *v, uint64_t now)
{
    uint64_t ran = now - v->sched.last_start;

    v->sched.last_start = now;
    v->sched.cpu_time += ran;
    sched_policy->charge(v, ran);
}

/* Another CPU, among those in *left, with something waiting behind what it runs (if it is idle it was
 * kicked, and takes it itself); NR_CPUS if there is none. */
static unsigned busy_cpu(cpumask_t *left)
{
    while (*left) {
        unsigned cpu = (unsigned)__builtin_ctzll(*left);

        *left &= *left - 1;
        if (READ_ONCE(runqueues[cpu].nr) && READ_ONCE(runqueues[cpu].curr))
            return cpu;
    }
    return NR_CPUS;
}

struct vcpu *queue_first_allowed(unsigned from, unsigned to)
{
    struct vcpu *any = NULL;

    list_for_each(l, &runqueues[from].queue)
    {
        struct vcpu *v = container_of(l, struct vcpu, sched.link);

        if (!sched_allowed(v, to))
            continue;
        if (v->sched.affinity_soft & BIT(to))
            return v;
        if (!any)
            any = v;
    }
    return any;
}

/* From one queue to another; both are locked. */
static void move(struct runqueue *from, struct runqueue *to, struct vcpu *v)
{
    unqueue(from, v);
    v->sched.cpu = to->cpu;
    enqueue(to, v, false);
}

/* Bring over one vcpu that waits on another CPU. rq is not locked. */
static void steal(struct runqueue *rq, unsigned from)
{
    struct runqueue *victim = &runqueues[from];
    struct vcpu *v;

    spin_lock_two(&victim->lock, &rq->lock);
    v = queue_first_allowed(from, rq->cpu);
    if (v)
        move(victim, rq, v);
    spin_unlock_two(&victim->lock, &rq->lock);
}

/* Is a vcpu waiting here while a CPU where it may run serves one that has had much more? */
static void balance(struct runqueue *rq, uint64_t now)
{
    cpumask_t others = cpus_online & ~BIT(rq->cpu);

    if (likely(!READ_ONCE(rq->nr) || !others) || now - rq->balanced < BALANCE_NS)
        return;
    rq->balanced = now;
    for (bool moved = false; others && !moved; others &= others - 1) {
        struct runqueue *to = &runqueues[__builtin_ctzll(others)];
        struct vcpu *v;

        spin_lock_two(&rq->lock, &to->lock);
        v = queue_first_allowed(rq->cpu, to->cpu);
        moved = v && (!to->curr || sched_policy->overdue(v, to->curr));
        if (moved) {
            move(rq, to, v);
            tickle(to, v);
        }
        spin_unlock_two(&rq->lock, &to->lock);
    }
}

static void set_slice(struct runqueue *rq, uint64_t now, uint64_t slice)
{
    rq->sliced = false;
    if (slice != ~0ull)
        slice_begin(rq, now + slice);
    else if (!rq->curr && timer_is_set(&rq->slice))
        timer_stop(&rq->slice); /* an idle CPU is not woken by it */
}

static void switch_words(struct runqueue *rq, struct vcpu *cur, struct vcpu *next, uint64_t now)
{
    if (cur)
        set_resting(cur, now);
    rq->curr = next;
    if (!next) {
        rq->idle_since = now;
        __atomic_or_fetch(&cpus_idle, BIT(rq->cpu), __ATOMIC_SEQ_CST);
        return;
    }
    if (!cur) {
        __atomic_and_fetch(&cpus_idle, ~BIT(rq->cpu), __ATOMIC_SEQ_CST);
        rq->idle_ns += now - rq->idle_since;
        rq->idle_since = 0;
    }
    next->run = VCPU_RUNNING;
    __atomic_store_n(&next->sched.on_cpu, true, __ATOMIC_RELEASE);
    next->sched.last_start = next->sched.since = now;
    vcpu_runstate_update(next, RUNSTATE_running, now);
}

struct vcpu *sched_next(struct vcpu *cur)
{
    struct runqueue *rq = &runqueues[port_cpu()];
    cpumask_t others = cpus_online & ~BIT(rq->cpu);
    uint64_t now = port_now(), slice;
    struct vcpu *next;
    bool stay;
    unsigned from;

    spin_lock(&rq->lock);
    BUG_ON(cur != rq->curr);
    if (cur) {
        charge(cur, now);
        recheck_events(cur);
    }
    for (;;) {
        stay = cur && sched_may_queue(cur) && sched_allowed(cur, rq->cpu);
        slice = ~0ull;
        next = sched_policy->pick(rq->cpu, stay ? cur : NULL, now, &slice);
        if (next || (from = busy_cpu(&others)) == NR_CPUS)
            break;
        spin_unlock(&rq->lock);
        steal(rq, from);
        spin_lock(&rq->lock);
    }
    if (next && next != cur) {
        next->sched.queued = false;
        rq->nr--;
    }
    if (cur)
        cur->sched.yielded = false;
    if (next != cur)
        switch_words(rq, cur, next, now);
    set_slice(rq, now, next ? slice : ~0ull);
    spin_unlock(&rq->lock);

    if (cur && next != cur) {
        time_periodic_suspend(cur);
        if (cur->runstate_gva)
            vcpu_runstate_to_guest(cur); /* its address space is still loaded */
    }
    balance(rq, now);
    return next;
}

void sched_switched_from(struct vcpu *prev)
{
    struct runqueue *rq, *new;
    unsigned to;
    bool may;

    for (;;) { /* what goes to sleep needs no better CPU, unless it is woken just now */
        may = sched_may_queue(prev);
        to = may ? sched_pick_cpu(prev) : prev->sched.cpu;
        rq = queues_lock(prev, to);
        new = &runqueues[to];
        if (likely(may == sched_may_queue(prev)))
            break;
        spin_unlock_two(&rq->lock, &new->lock);
    }
    __atomic_store_n(&prev->sched.on_cpu, false, __ATOMIC_RELEASE);
    if (may) {
        /* It stays where its caches are unless it may not, or an idle CPU would take it. */
        if (sched_allowed(prev, rq->cpu) && !cpu_idle(to))
            to = rq->cpu;
        prev->sched.cpu = to;
        enqueue(&runqueues[to], prev, false);
        if (to != rq->cpu || !rq->sliced) /* or else it was weighed against curr just now */
            tickle(&runqueues[to], prev);
    } else {
        set_resting(prev, 0);
    }
    spin_unlock_two(&rq->lock, &new->lock);
}

void vcpu_yield(struct vcpu *v)
{
    if (likely(!READ_ONCE(runqueues[v->sched.cpu].nr)))
        return;
    v->sched.yielded = true;
    vcpu_set_work(v, WORK_RESCHED);
}

bool sched_cpu_has_work(unsigned cpu)
{
    cpumask_t others = cpus_online & ~BIT(cpu);
    unsigned from;
    bool work = READ_ONCE(runqueues[cpu].nr) != 0;

    while (!work && (from = busy_cpu(&others)) != NR_CPUS) {
        spin_lock(&runqueues[from].lock);
        work = queue_first_allowed(from, cpu) != NULL;
        spin_unlock(&runqueues[from].lock);
    }
    return work;
}

uint64_t sched_idle_ns(unsigned cpu)
{
    struct runqueue *rq = &runqueues[cpu];
    uint64_t ns;

    spin_lock(&rq->lock);
    ns = rq->idle_ns + (rq->curr ? 0 : port_now() - rq->idle_since);
    spin_unlock(&rq->lock);
    return ns;
}

/* ---- parameters ---- */

int sched_set_params(struct domain *d, uint16_t weight, uint16_t cap)
{
    if (!weight)
        return -EINVAL;
    d->sched_weight = weight;
    d->sched_cap = cap;
    sched_policy->domain_params(d);
    return 0;
}

int sched_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft)
{
    if (!(hard & cpus_online))
        return -EINVAL;
    if (v->sched.affinity_saved)
        return -EBUSY;
    v->sched.affinity_hard = hard;
    v->sched.affinity_soft = soft;
    sched_update(v);
    return 0;
}

int sched_pin_override(struct vcpu *v, int cpu)
{
    if (cpu < 0) {
        if (!v->sched.affinity_saved)
            return refuse(v->domain, EINVAL, PIN_CPU, (uint32_t)cpu, 0, 0);
        v->sched.affinity_hard = v->sched.affinity_saved;
        v->sched.affinity_saved = 0;
    } else if (v->sched.affinity_saved) {
        return refuse(v->domain, EBUSY, PIN_CPU, (uint32_t)cpu, v->sched.affinity_hard, 0);
    } else if (!(cpus_online & BIT(cpu))) {
        return refuse(v->domain, EINVAL, PIN_CPU, (uint32_t)cpu, 0, 0);
    } else {
        v->sched.affinity_saved = v->sched.affinity_hard;
        v->sched.affinity_hard = BIT(cpu);
    }
    sched_update(v);
    return 0;
}
