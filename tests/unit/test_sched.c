/* SPDX-License-Identifier: MIT */
/* LINK: core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c */
/* Checks [VCPU-1] [SCH-1] [SCH-2] [SCH-3] [SCH-4] [SCH-5] [SCH-6] [SCH-7]. */
/*
 * The scheduler on simulated CPUs: each does what the exit path does, one at a time, in an order the
 * test chooses; time stands still until it is moved. Guests are loops that use CPU time, or sleep
 * and wake by their timer. After each step the scheduler audits itself, and that no vcpu is in two
 * places is checked here from outside.
 */
#include <criterion/criterion.h>
#include "fake_core.h"
#include "core/domain_death.h"
#include "core/evtchn.h"
#include "core/sched.h"
#include "core/time.h"

#define MS 1000000ull
#define MAX_CPUS 4
#define MAX_VCPUS_HERE 64

struct guest {
    struct vcpu *v;
    uint64_t run_ns, sleep_ns; /* 0 sleep: never */
    uint64_t block_at;         /* cpu time at which it sleeps next */
};

static struct vcpu *running[MAX_CPUS];
static uint64_t kicks_seen[MAX_CPUS];
static struct guest guests[MAX_VCPUS_HERE];
static unsigned nr_cpus_here, nr_guests, switches;

static void settle(void);

/* Every domain is destroyed, in the middle of whatever it does. */
static void end_of_world(void)
{
    struct domain *d;

    while (nr_guests && (d = domain_next(0)) != NULL) {
        fake_cpu = 0;
        fake_current = NULL;
        domain_pause_nosync(d);
        settle();
        fake_current = NULL;
        cr_assert_eq(domain_destroy(d), 0);
        domain_put(d);
        domain_reap();
    }
    nr_guests = 0;
}

TestSuite(sched, .fini = end_of_world);

static void machine(const char *policy, unsigned cpus)
{
    end_of_world();
    fake_reset();
    timers_reset();
    domain_system_init();
    sched_init(policy);
    nr_cpus_here = cpus;
    nr_guests = switches = 0;
    memset(running, 0, sizeof(running));
    memset(kicks_seen, 0, sizeof(kicks_seen));
    memset(guests, 0, sizeof(guests));
    for (fake_cpu = 0; fake_cpu < cpus; fake_cpu++)
        sched_cpu_up(fake_cpu);
    fake_cpu = 0;
}

/* A domain of n vcpus that all want to run. */
static struct domain *domain_of(unsigned n, uint64_t run_ns, uint64_t sleep_ns)
{
    struct domain *d;

    cr_assert_eq(domain_create(DOMID_FIRST_RESERVED, n, false, &d), 0);
    for (unsigned i = 0; i < n; i++) {
        struct vcpu *v;

        cr_assert_eq(vcpu_create(d, i, &v), 0);
        v->initialised = true;
        v->down = false;
        v->periodic_ns = 0;
        guests[nr_guests++] = (struct guest){v, run_ns, sleep_ns, run_ns};
    }
    domain_unpause(d);
    return d;
}

static uint64_t domain_time(struct domain *d)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < d->max_vcpus; i++)
        sum += d->vcpus[i]->sched.cpu_time;
    return sum;
}

static struct guest *guest_of(struct vcpu *v)
{
    for (unsigned i = 0; i < nr_guests; i++)
        if (guests[i].v == v)
            return &guests[i];
    return NULL;
}

static void check(void)
{
    for (unsigned i = 0; i < nr_cpus_here; i++) {
        if (!running[i])
            continue;
        for (unsigned j = i + 1; j < nr_cpus_here; j++)
            cr_assert_neq(running[i], running[j], "one vcpu on two CPUs");
        cr_assert_eq(running[i]->run, VCPU_RUNNING);
        cr_assert(running[i]->sched.affinity_hard & BIT(i) ||
                  !(running[i]->sched.affinity_hard & cpus_online));
    }
    cr_assert_eq(sched_audit(), 0);
    cr_assert_eq(timer_audit(), 0);
}

/* The parts of the exit path; a test may let other CPUs act between them. */
static void on_cpu(unsigned cpu)
{
    fake_cpu = cpu;
    fake_current = running[cpu];
}

static bool wants_resched(unsigned cpu)
{
    uint32_t work =
        running[cpu] ? __atomic_exchange_n(&running[cpu]->work, 0, __ATOMIC_ACQ_REL) : 0;

    return !running[cpu] || (work & WORK_RESCHED);
}

static void cpu_exit(unsigned cpu)
{
    on_cpu(cpu);
    kicks_seen[cpu] = fake_kicks[cpu];
    for (unsigned turn = 0;; turn++) {
        struct vcpu *prev = running[cpu], *next;

        cr_assert_lt(turn, 100, "the exit path does not end");
        if (fake_timer_deadline[cpu] <= fake_now) {
            fake_timer_deadline[cpu] = ~0ull;
            timer_run();
        }
        if (!wants_resched(cpu))
            break;
        next = sched_next(prev);
        if (next != prev) {
            switches++;
            running[cpu] = next;
            fake_current = next;
            if (prev)
                sched_switched_from(prev);
            if (next)
                vcpu_switched_to(next);
        }
        if (!next && !sched_cpu_has_work(cpu))
            break;
    }
}

static bool cpu_must_exit(unsigned cpu)
{
    return kicks_seen[cpu] != fake_kicks[cpu] || fake_timer_deadline[cpu] <= fake_now ||
           (running[cpu] && (running[cpu]->work & WORK_RESCHED)) ||
           (!running[cpu] && (on_cpu(cpu), sched_cpu_has_work(cpu)));
}

static void settle(void)
{
    bool again = true;

    for (unsigned turn = 0; again; turn++) {
        cr_assert_lt(turn, 1000, "the CPUs kick each other forever");
        again = false;
        for (unsigned cpu = 0; cpu < nr_cpus_here; cpu++)
            if (cpu_must_exit(cpu)) {
                cpu_exit(cpu);
                again = true;
            }
    }
    check();
}

/* How much v has run, up to now. */
static uint64_t ran(const struct vcpu *v)
{
    return v->sched.cpu_time + (v->run == VCPU_RUNNING ? fake_now - v->sched.last_start : 0);
}

static uint64_t next_event(uint64_t end)
{
    for (unsigned cpu = 0; cpu < nr_cpus_here; cpu++) {
        struct guest *g = running[cpu] ? guest_of(running[cpu]) : NULL;

        if (fake_timer_deadline[cpu] < end)
            end = max(fake_timer_deadline[cpu], fake_now);
        if (g && g->sleep_ns && g->block_at > ran(g->v))
            end = min(end, fake_now + g->block_at - ran(g->v));
    }
    return end;
}

static void guests_act(void)
{
    for (unsigned cpu = 0; cpu < nr_cpus_here; cpu++) {
        struct guest *g = running[cpu] ? guest_of(running[cpu]) : NULL;

        if (!g)
            continue;
        g->v->info->evtchn_upcall_pending = 0; /* it takes its events at once */
        if (g->sleep_ns && ran(g->v) >= g->block_at) {
            on_cpu(cpu);
            timer_set(&g->v->singleshot, fake_now + g->sleep_ns);
            vcpu_block(g->v);
            g->block_at = ran(g->v) + g->run_ns;
        }
    }
}

static void simulate(uint64_t ns)
{
    uint64_t end = fake_now + ns;

    settle();
    while (fake_now < end) {
        fake_now = next_event(end);
        guests_act();
        settle();
    }
    for (unsigned i = 0; i < nr_guests; i++) /* charge what runs now, for the counts */
        if (guests[i].v->run == VCPU_RUNNING)
            vcpu_set_work(guests[i].v, WORK_RESCHED);
    settle();
}

#define ASSERT_NEAR(value, wanted, percent)                                                        \
    do {                                                                                           \
        double v_ = (double)(value), w_ = (double)(wanted), t_ = w_ * (percent) / 100;             \
        cr_assert(v_ >= w_ - t_ && v_ <= w_ + t_, "%g is not %g within %d %%", v_, w_, percent);   \
    } while (0)

/* ---- shares ---- */

Test(sched, weights_256_and_512_share_one_cpu_1_to_2)
{
    struct domain *a, *b;

    machine("credit2", 1);
    a = domain_of(1, 0, 0);
    b = domain_of(1, 0, 0);
    cr_assert_eq(sched_set_params(b, 512, 0), 0);
    simulate(3000 * MS);
    ASSERT_NEAR(domain_time(a), 1000 * MS, 2);
    ASSERT_NEAR(domain_time(b), 2000 * MS, 2);
}

Test(sched, equal_vcpus_share_two_cpus_equally_even_three_of_them)
{
    struct domain *d;

    machine("credit2", 2);
    d = domain_of(3, 0, 0);
    simulate(3000 * MS);
    for (unsigned i = 0; i < 3; i++)
        ASSERT_NEAR(d->vcpus[i]->sched.cpu_time, 2000 * MS, 3);
}

Test(sched, weights_hold_across_cpus)
{
    struct domain *a, *b;

    machine("credit2", 2);
    a = domain_of(4, 0, 0);
    b = domain_of(4, 0, 0);
    sched_set_params(b, 768, 0);
    simulate(4000 * MS);
    ASSERT_NEAR(domain_time(a), 2000 * MS, 5);
    ASSERT_NEAR(domain_time(b), 6000 * MS, 5);
}

Test(sched, cap_50_gives_half_a_cpu_though_the_cpu_is_free)
{
    struct domain *a;

    machine("credit2", 1);
    a = domain_of(1, 0, 0);
    sched_set_params(a, 256, 50);
    simulate(2000 * MS);
    ASSERT_NEAR(domain_time(a), 1000 * MS, 2);
}

Test(sched, a_cap_counts_for_all_vcpus_of_the_domain_together)
{
    struct domain *a;

    machine("credit2", 4);
    a = domain_of(4, 0, 0);
    sched_set_params(a, 256, 150);
    simulate(2000 * MS);
    ASSERT_NEAR(domain_time(a), 3000 * MS, 3);
}

Test(sched, a_lifted_cap_frees_parked_vcpus_at_once)
{
    struct domain *a;
    uint64_t before;

    machine("credit2", 1);
    a = domain_of(1, 0, 0);
    sched_set_params(a, 256, 10);
    simulate(105 * MS);
    sched_set_params(a, 256, 0);
    before = domain_time(a);
    simulate(100 * MS);
    ASSERT_NEAR(domain_time(a) - before, 100 * MS, 1);
}

Test(sched, capped_and_uncapped_fill_the_cpu)
{
    struct domain *a, *b;

    machine("credit2", 1);
    a = domain_of(1, 0, 0);
    b = domain_of(1, 0, 0);
    sched_set_params(a, 256, 20);
    simulate(2000 * MS);
    ASSERT_NEAR(domain_time(a), 400 * MS, 4);
    ASSERT_NEAR(domain_time(a) + domain_time(b), 2000 * MS, 0);
}

Test(sched, round_robin_gives_each_the_same)
{
    struct domain *d;

    machine("rr", 1);
    d = domain_of(5, 0, 0);
    simulate(2000 * MS);
    for (unsigned i = 0; i < 5; i++)
        ASSERT_NEAR(d->vcpus[i]->sched.cpu_time, 400 * MS, 3);
}

/* ---- no starvation, latency, work conservation ---- */

static void nobody_starves(const char *policy)
{
    uint64_t last[MAX_VCPUS_HERE] = {0};

    machine(policy, 2);
    domain_of(8, 0, 0);
    domain_of(4, 300000, 700000);
    domain_of(4, 5 * MS, 1 * MS);
    for (unsigned round = 0; round < 50; round++) {
        simulate(200 * MS);
        for (unsigned i = 0; i < nr_guests; i++) {
            cr_assert_gt(guests[i].v->sched.cpu_time, last[i], "vcpu %u got nothing in 200 ms", i);
            last[i] = guests[i].v->sched.cpu_time;
        }
    }
}

Test(sched, nobody_starves_under_credit2)
{
    nobody_starves("credit2");
}
Test(sched, nobody_starves_under_rr)
{
    nobody_starves("rr");
}

Test(sched, who_sleeps_much_soon_runs_among_busy_ones)
{
    struct domain *sleeper;

    machine("credit2", 1);
    domain_of(3, 0, 0);
    sleeper = domain_of(1, 100000, 20 * MS);
    simulate(2000 * MS);
    /* 100 us in each 20.1 ms, late by no more than a millisecond or two each time. */
    cr_assert_gt(domain_time(sleeper), 2000 * MS / 223);
}

/* A guest and who serves it: not one switch for each request, and no long wait. */
Test(sched, who_came_to_run_goes_on_for_a_millisecond)
{
    struct domain *sleeper;

    machine("credit2", 1);
    domain_of(1, 0, 0);
    sleeper = domain_of(1, 100000, 300000);
    simulate(100 * MS);
    cr_assert_lt(switches, 2 * 100 / 1.1 + 5);
    cr_assert_gt(domain_time(sleeper), 100 * MS / 15);
}

Test(sched, no_cpu_idles_while_somebody_waits)
{
    uint64_t total = 0;

    machine("credit2", 4);
    domain_of(4, 0, 0);
    domain_of(8, 2 * MS, 1 * MS);
    simulate(1000 * MS);
    for (unsigned i = 0; i < nr_guests; i++)
        total += guests[i].v->sched.cpu_time;
    ASSERT_NEAR(total, 4000 * MS, 0);
}

Test(sched, a_vcpu_alone_runs_without_a_tick)
{
    machine("credit2", 2);
    domain_of(1, 0, 0);
    settle();
    switches = 0;
    for (unsigned cpu = 0; cpu < 2; cpu++)
        cr_assert_eq(timer_next(cpu), ~0ull);
    fake_now += 1000 * MS;
    settle();
    cr_assert_eq(switches, 0);
}

/* ---- affinity ---- */

Test(sched, hard_affinity_is_kept_and_followed)
{
    struct domain *d;

    machine("credit2", 4);
    d = domain_of(6, 0, 0);
    cr_assert_eq(sched_set_affinity(d->vcpus[0], BIT(2), ~0ull), 0);
    cr_assert_eq(sched_set_affinity(d->vcpus[1], BIT(2), ~0ull), 0);
    cr_assert_eq(sched_set_affinity(d->vcpus[2], 0xf0, ~0ull), -EINVAL);
    settle();
    simulate(500 * MS);
    cr_assert_eq(d->vcpus[0]->sched.cpu, 2);
    cr_assert_eq(d->vcpus[1]->sched.cpu, 2);
    sched_set_affinity(d->vcpus[0], BIT(1), ~0ull);
    settle();
    cr_assert_eq(d->vcpus[0]->sched.cpu, 1);
}

Test(sched, soft_affinity_is_a_preference)
{
    struct domain *d;

    machine("credit2", 2);
    d = domain_of(1, 1 * MS, 1 * MS);
    sched_set_affinity(d->vcpus[0], ~0ull, BIT(1));
    simulate(20 * MS);
    cr_assert_eq(d->vcpus[0]->sched.cpu, 1);
    /* Its CPU is taken: it runs on the other rather than wait. */
    sched_set_affinity(domain_of(1, 0, 0)->vcpus[0], BIT(1), ~0ull);
    sched_set_affinity(domain_of(1, 0, 0)->vcpus[0], BIT(1), ~0ull);
    simulate(500 * MS);
    ASSERT_NEAR(d->vcpus[0]->sched.cpu_time, 260 * MS, 5);
}

Test(sched, pin_override_ties_and_lets_go)
{
    struct domain *d;

    machine("credit2", 4);
    d = domain_of(1, 0, 0);
    settle();
    cr_assert_eq(sched_pin_override(d->vcpus[0], -1), -EINVAL);
    cr_assert_eq(sched_pin_override(d->vcpus[0], 9), -EINVAL);
    cr_assert_eq(sched_pin_override(d->vcpus[0], 3), 0);
    cr_assert_eq(sched_pin_override(d->vcpus[0], 2), -EBUSY);
    settle();
    cr_assert_eq(d->vcpus[0]->sched.cpu, 3);
    cr_assert_eq(sched_pin_override(d->vcpus[0], -1), 0);
    cr_assert_eq(d->vcpus[0]->sched.affinity_hard, ~0ull);
}

/* ---- yield ---- */

Test(sched, yield_alone_asks_for_nothing)
{
    struct domain *d;

    machine("credit2", 1);
    d = domain_of(1, 0, 0);
    settle();
    on_cpu(0);
    vcpu_yield(d->vcpus[0]);
    cr_assert_eq(d->vcpus[0]->work & WORK_RESCHED, 0);
}

static void yield_lets_another_run(const char *policy)
{
    struct vcpu *first;

    machine(policy, 1);
    domain_of(2, 0, 0);
    settle();
    first = running[0];
    on_cpu(0);
    vcpu_yield(first);
    settle();
    cr_assert_neq(running[0], first);
    fake_now += 1000;
    settle();
    cr_assert_neq(running[0], first, "the yield was undone at once");
}

Test(sched, yield_lets_another_run_under_credit2)
{
    yield_lets_another_run("credit2");
}
Test(sched, yield_lets_another_run_under_rr)
{
    yield_lets_another_run("rr");
}

/* ---- races, step by step ---- */

/* A vcpu blocks on CPU 0; a wake from CPU 1 comes before step `at` of its way out. It must run
 * afterwards, whatever the moment, and never on two CPUs. */
static void wake_at(unsigned at, bool timer_on_own_cpu)
{
    struct vcpu *v, *next = NULL;
    unsigned step = 0;

#define STEP()                                                                                     \
    do {                                                                                           \
        if (step++ == at) {                                                                        \
            on_cpu(timer_on_own_cpu ? 0 : 1);                                                      \
            virq_raise_vcpu(v, VIRQ_TIMER);                                                        \
            cr_assert_eq(sched_audit(), 0);                                                        \
            if (!timer_on_own_cpu) /* the other CPU does its best to take it */                    \
                cpu_exit(1);                                                                       \
            if (running[1])                                                                        \
                cr_assert(!running[0], "taken while its registers are on CPU 0");                  \
            on_cpu(0);                                                                             \
        }                                                                                          \
    } while (0)

    machine("credit2", timer_on_own_cpu ? 1 : 2);
    v = domain_of(1, 0, 0)->vcpus[0];
    settle();
    if (running[1]) { /* begin on CPU 0 */
        sched_set_affinity(v, BIT(0), ~0ull);
        settle();
        sched_set_affinity(v, ~0ull, ~0ull);
    }
    cr_assert_eq(running[0], v);
    on_cpu(0);
    STEP();
    vcpu_block(v);
    STEP();
    if (wants_resched(0)) {
        STEP();
        next = sched_next(v);
        STEP();
        if (next != v) {
            if (!timer_on_own_cpu)
                fake_current = NULL;
            STEP();
            running[0] = next;
            fake_current = next;
            sched_switched_from(v);
        }
    }
    STEP();
    settle();
    cr_assert(running[0] == v || running[1] == v, "lost the wake at step %u", at);
}

Test(sched, a_wake_from_another_cpu_at_any_step_of_blocking_is_not_lost)
{
    for (unsigned at = 0; at < 6; at++)
        wake_at(at, false);
}

Test(sched, a_timer_of_the_own_cpu_at_any_step_of_blocking_is_not_lost)
{
    for (unsigned at = 0; at < 3; at++)
        wake_at(at, true);
}

Test(sched, a_paused_vcpu_runs_nowhere_and_goes_on_after)
{
    struct domain *d;
    uint64_t before;

    machine("credit2", 2);
    d = domain_of(3, 0, 0);
    simulate(50 * MS);
    on_cpu(0);
    domain_pause_nosync(d);
    settle();
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(!d->vcpus[i]->sched.on_cpu);
        cr_assert(!d->vcpus[i]->sched.queued);
    }
    before = domain_time(d);
    simulate(50 * MS);
    cr_assert_eq(domain_time(d), before);
    domain_unpause(d);
    simulate(50 * MS);
    ASSERT_NEAR(domain_time(d) - before, 100 * MS, 1);
}

/* Pause and unpause at any step of a switch between two vcpus. */
Test(sched, pause_at_any_step_of_a_switch_is_obeyed)
{
    for (unsigned at = 0; at < 4; at++) {
        struct vcpu *a, *next;
        unsigned step = 0;

        machine("credit2", 1);
        domain_of(2, 0, 0);
        settle();
        a = running[0];
        on_cpu(0);
#define PAUSE_STEP()                                                                               \
    do {                                                                                           \
        if (step++ == at)                                                                          \
            vcpu_pause_nosync(a);                                                                  \
    } while (0)
        PAUSE_STEP();
        fake_now += 6 * MS;
        vcpu_set_work(a, WORK_RESCHED);
        PAUSE_STEP();
        next = sched_next(a);
        PAUSE_STEP();
        if (next != a) {
            running[0] = fake_current = next;
            sched_switched_from(a);
        }
        PAUSE_STEP();
        settle();
        cr_assert_neq(running[0], a);
        cr_assert(!a->sched.queued && !a->sched.on_cpu);
        simulate(100 * MS);
        cr_assert_neq(running[0], a);
        vcpu_unpause(a);
        simulate(100 * MS);
        cr_assert_gt(a->sched.cpu_time, 20 * MS);
    }
}

/* Random blocks, wakes, pauses and affinities, with the audits after each. */
static void random_operations(const char *policy, uint64_t seed)
{
    machine(policy, 3);
    domain_of(4, 2 * MS, 1 * MS);
    domain_of(3, 0, 0);
    sched_set_params(domain_of(2, 0, 0), 100, 70);
    for (unsigned step = 0; step < 3000; step++) {
        struct vcpu *v;

        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        v = guests[(seed >> 33) % nr_guests].v;
        on_cpu((unsigned)(seed >> 50) % 3);
        switch (seed >> 61) {
        case 0: vcpu_pause_nosync(v); break;
        case 1:
            if (v->pause_count)
                vcpu_unpause(v);
            break;
        case 2: sched_set_affinity(v, 1 + (seed >> 40) % 7, ~0ull); break;
        case 3:
            if (fake_current)
                vcpu_block(fake_current);
            break;
        case 4: vcpu_wake(v); break;
        case 5:
            if (fake_current)
                vcpu_yield(fake_current);
            break;
        default: fake_now += seed >> 40 & 0x3fffff;
        }
        guests_act();
        settle();
    }
}

Test(sched, random_operations_keep_the_invariants_under_credit2)
{
    random_operations("credit2", 1);
}
Test(sched, random_operations_keep_the_invariants_under_rr)
{
    random_operations("rr", 2);
}
