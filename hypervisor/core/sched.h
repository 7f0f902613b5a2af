/* SPDX-License-Identifier: MIT */
/*
 * Scheduling: which vcpu a CPU runs next, and for how long.
 * core/sched.c owns the run states and the run-queue locks (one a CPU) and calls a policy, chosen by
 * sched= at boot:
 *   credit2 (default)  weight, cap, hard and soft affinity; core/sched_credit.c
 *   rr                 round robin, the readable one; core/sched_rr.c
 * Work-conserving (an idle CPU takes a runnable vcpu from another), tickless when at most one vcpu is
 * runnable.
 *
 *                 sched_update: may run               sched_next picks it
 *   BLOCKED or -----------------------> RUNNABLE, ----------------------> RUNNING, on_cpu
 *   OFFLINE or                          queued                               |
 *   RUNNABLE but      <---------------------'  sched_update: may not         | sched_next picks
 *   paused or parked                                                         v another or none
 *      ^                                            RUNNABLE | BLOCKED | OFFLINE, on_cpu
 *      |                                               (wakes only change the word)
 *      '------ may not --- sched_switched_from() --- may: queued, here or where it is better off
 *
 * The run state, queued and on_cpu change under the run-queue lock of v->sched.cpu; sched.cpu itself
 * under the locks of the old and the new CPU, and only while the vcpu is neither queued nor on_cpu,
 * or is being taken off the old queue.
 *
 * Invariants (sched_audit): SCH-1 queued vcpus may run, are RUNNABLE, not on_cpu, and on the queue of
 * their sched.cpu, which their hard affinity allows. SCH-2 a vcpu that may run is queued, on_cpu or
 * neither only inside these functions. SCH-3 at most one vcpu is RUNNING on a CPU: the one its queue
 * calls curr. SCH-4 a CPU whose queue is not empty and whose curr is not alone has its slice timer
 * set, or work to reschedule is pending there.
 *
 * Races, and why they are harmless:
 *  - Wake against block: the blocker sets v->blocked, then looks for pending events; the waker makes
 *    the event pending, then looks at v->blocked. One of them sees the other's write.
 *  - Wake while switching out: sched_next() has given v up, but its registers are not saved yet.
 *    on_cpu keeps it off every queue until sched_switched_from(), which looks at the reasons again.
 *  - Pause against pick: the pauser raises the count, then takes the queue's lock: sched_next() either
 *    saw the count, or made v RUNNING before, and then the pauser finds it so and asks for a reschedule.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include "core/vcpu.h"

#define SCHED_WEIGHT_DEFAULT 256

/* May v run as far as everybody else is concerned? */
static inline bool vcpu_may_run(const struct vcpu *v)
{
    const struct domain *d = v->domain;

    return !__atomic_load_n(&v->blocked, __ATOMIC_SEQ_CST) && !v->down && v->initialised &&
           !__atomic_load_n(&v->pause_count, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&d->pause_count, __ATOMIC_SEQ_CST) && d->state == DOM_ALIVE;
}

struct sched_policy {
    const char *name;
    uint32_t id; /* XEN_SCHEDULER_* of public/domctl.h */
    uint64_t slice; /* ns that a vcpu alone on its CPU goes on when another comes that does not preempt it; 0: pick says */
    void (*cpu_init)(unsigned cpu);
    void (*vcpu_init)(struct vcpu *v);
    void (*vcpu_exit)(struct vcpu *v);
    void (*domain_init)(struct domain *d);
    void (*domain_exit)(struct domain *d);
    void (*domain_params)(struct domain *d); /* weight or cap changed */
    /* Below: called with the runqueue lock of `cpu` held. */
    void (*enqueue)(unsigned cpu, struct vcpu *v, bool woken);
    void (*dequeue)(unsigned cpu, struct vcpu *v);
    /* Best queued vcpu (taken off the queue) or cur or NULL; cur: what ran and may go on (not queued)
     * or NULL. *slice: ns it may run, untouched (~0) for no limit. If cur may go on but another is
     * picked, cur is queued soon after. */
    struct vcpu *(*pick)(unsigned cpu, struct vcpu *cur, uint64_t now, uint64_t *slice);
    void (*charge)(struct vcpu *v, uint64_t ran_ns);
    bool (*preempts)(const struct vcpu *woken, const struct vcpu *running);
    /* Is it unjust that `waiting` waits on one CPU while `running` runs on another? Both queues are
     * locked. */
    bool (*overdue)(const struct vcpu *waiting, const struct vcpu *running);
};

extern const struct sched_policy *sched_policy;
extern uint32_t sched_ratelimit_us; /* credit2: who came to run goes on for so long; 0: no limit */

void sched_init(const char *policy_name); /* unknown name: warns and takes the default */
void sched_cpu_up(unsigned cpu);
/* Where a waking vcpu should go, by affinity and load. */
unsigned sched_pick_cpu(const struct vcpu *v);

/*
 * Decide what this CPU runs: `cur` (may be NULL: was idle) is what it ran. Returns the next vcpu,
 * already RUNNING here, or NULL for idle. Accounting and runstate are updated; the caller (exit path)
 * does the machine's part of the switch. Must be called when WORK_RESCHED is seen, when the current
 * vcpu cannot go on, and when idle is kicked.
 */
struct vcpu *sched_next(struct vcpu *cur);
/* The switch away from prev is complete: its state is in memory, other CPUs may run it. */
void sched_switched_from(struct vcpu *prev);

/* A reason why v may or may not run has changed, or its affinity: queue it, unqueue it, or have its
 * CPU look. */
void sched_update(struct vcpu *v);
/* Returns when v is on no CPU, unless v is the caller itself. v must have been paused or the like.
 * LIMIT: two vcpus that wait for each other on two CPUs wait forever; only the control domain's
 * calls on other domains may get here. */
void sched_wait_off_cpu(struct vcpu *v);

void sched_vcpu_init(struct vcpu *v);
void sched_vcpu_exit(struct vcpu *v); /* not on a CPU, and may not run */
void sched_domain_init(struct domain *d);
void sched_domain_exit(struct domain *d);

/* SCHEDOP_yield of the current vcpu. (sched_yield is the C library's name, which host tests need.) */
void vcpu_yield(struct vcpu *v);
unsigned sched_audit(void);            /* errors found; no other CPU may be at work */
bool sched_cpu_has_work(unsigned cpu); /* for idle */
uint64_t sched_idle_ns(unsigned cpu);  /* how long it has been idle altogether */

/* weight 1.., cap in % of one CPU or 0: none. -EINVAL */
int sched_set_params(struct domain *d, uint16_t weight, uint16_t cap);
/* -EINVAL: no online CPU in hard; -EBUSY: pinned. */
int sched_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft);
/* Only on this CPU until cpu < 0 is given: -EINVAL, -EBUSY. */
int sched_pin_override(struct vcpu *v, int cpu);
extern cpumask_t cpus_online;

#endif
