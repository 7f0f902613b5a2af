/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 hv-args=dom0_max_vcpus=4 timeout=90 */
/*
 * Four vCPUs share two CPUs and wait for their singleshot timers, blocked, polling or awake, while they are moved
 * between the CPUs, wake each other, set their timers anew to earlier and later times or to one that has passed, or
 * all to the same time, and start and stop each other's periodic timers. A timer that is seconds late is lost: the
 * machine may be slow, and other programs' turn, but not for so long.
 */
#include "harness.h"

#define VCPUS  4u
#define ROUNDS 300u
#define SKEW   10000u /* ns, between the clocks of two CPUs on Xen */
#define LATE   (4 * NS_PER_SEC)

static evtchn_port_t timer_ports[VCPUS], wake_ports[VCPUS];
static volatile unsigned int round_of[VCPUS];
static volatile uint64_t waits_for[VCPUS]; /* the time its timer is set to; 0: none */
static volatile uint64_t common;           /* a time that several take */
static volatile bool failed;
static uint64_t latest[VCPUS];

static unsigned int random_number(uint32_t *x, unsigned int below)
{
    *x = *x * 1664525 + 1013904223;
    return (*x >> 8) % below;
}

/* Refused if it is pinned already, or not: all the same. */
static void pin(int32_t pcpu)
{
    struct sched_pin_override op = {.pcpu = pcpu};

    hypercall_sched_op(SCHEDOP_pin_override, &op);
}

static void arm(uint64_t at, bool by_vcpu_op)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at};

    if (by_vcpu_op)
        MUST(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, smp_self(), &op));
    else
        MUST(hypercall_set_timer_op(at));
}

/* Sets the timer, sometimes several times, the last one for good: that time. */
static uint64_t arm_somehow(uint32_t *x)
{
    uint64_t now = time_ns(), at;

    switch (random_number(x, 6)) {
    case 0: /* back and forth */
        arm(now + 50 * NS_PER_MS, true);
        arm(now + 20000, true);
        break;
    case 1: /* one is due at once, and the event comes early */
        arm(now - 1, random_number(x, 2));
        break;
    case 2:
        arm(now + 30000, false);
        MUST(hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, smp_self(), NULL));
        break;
    }
    at = now + 1000ull * random_number(x, 3000);
    if (random_number(x, 3) == 0) {
        if (common < now)
            common = at;
        at = common;
    }
    arm(at, random_number(x, 2));
    return at;
}

static void disturb(uint32_t *x)
{
    static const struct vcpu_set_periodic_timer tick = {.period_ns = NS_PER_MS};
    unsigned int other = random_number(x, VCPUS);

    switch (random_number(x, 8)) {
    case 0: MUST(evtchn_send(wake_ports[other])); break;
    case 1: MUST(hypercall_vcpu_op(VCPUOP_set_periodic_timer, other, (void *)&tick)); break;
    case 2:
    case 3: MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, other, NULL)); break;
    case 4: sched_yield(); break;
    case 5:
        pin((int32_t)random_number(x, 2));
        pin(-1);
        break;
    }
}

/* The way of waiting stays the same until the time has come: what ends it early is not missed by looking again. */
static void wait_until(uint64_t at, unsigned int self, uint32_t *x)
{
    unsigned int way = random_number(x, 4);

    while (time_ns() + SKEW < at && !failed) {
        evtchn_clear(timer_ports[self]);
        if (time_ns() + SKEW >= at)
            break;
        switch (way) {
        case 0:
            if (evtchn_pending(timer_ports[self]))
                break;
            sched_block(); /* with the upcall unmasked */
            events_disable();
            arm(at, true); /* the upcall may have been the timer's, too early */
            break;
        case 1: MUST(sched_poll(NULL, 0, at)); break; /* the poll's own timer */
        case 2: /* masked, as Linux waits for a lock: the timer's event must wake it all the same */
            MUST(sched_poll(&timer_ports[self], 1, 0));
            arm(at, true);
            break;
        case 3: sched_yield(); break;
        }
    }
}

static void rounds(void *arg)
{
    unsigned int self = smp_self();
    uint32_t x = 4711 * (self + 1);
    uint64_t at, now;

    (void)arg;
    for (unsigned int r = 0; r < ROUNDS && !failed; r++) {
        disturb(&x);
        if (random_number(&x, 2))
            pin((int32_t)random_number(&x, 2));
        at = arm_somehow(&x);
        waits_for[self] = at;
        if (random_number(&x, 2))
            disturb(&x);
        wait_until(at, self, &x);
        waits_for[self] = 0;
        now = time_ns();
        if (now > at && now - at > latest[self])
            latest[self] = now - at;
        pin(-1);
        round_of[self] = r + 1;
    }
}

/* What the first vCPU, which never sleeps, sees of the others. */
static void watch(void)
{
    for (;;) {
        unsigned int done = 0;

        for (unsigned int i = 1; i < VCPUS; i++) {
            uint64_t at = waits_for[i], now = time_ns();

            if (at && now > at && now - at > LATE && waits_for[i] == at) {
                failed = true;
                CHECK(false, "vCPU %u waits in round %u for a time %lu ms ago", i, round_of[i], (unsigned long)((now - at) / NS_PER_MS));
            }
            done += round_of[i] == ROUNDS;
        }
        if (done == VCPUS - 1)
            return;
        sched_yield();
    }
}

static void nothing(evtchn_port_t port, void *data)
{
    (void)port, (void)data;
}

TEST("timers_while_moving", "singleshot timers come in time, whatever is done to the vCPUs that wait for them")
{
    if (smp_count() < VCPUS)
        SKIP("this domain has fewer than four vCPUs");
    events_disable();
    for (unsigned int i = 0; i < VCPUS; i++) {
        if (i)
            MUST(smp_start(i));
        MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, i, NULL));
        timer_ports[i] = (evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, i));
        wake_ports[i] = (evtchn_port_t)MUST(evtchn_bind_ipi(i));
        evtchn_set_handler(timer_ports[i], nothing, NULL);
        evtchn_set_handler(wake_ports[i], nothing, NULL);
    }
    for (unsigned int i = 1; i < VCPUS; i++)
        smp_run(i, rounds, NULL);
    watch();
    for (unsigned int i = 1; i < VCPUS; i++)
        CHECK(latest[i] < LATE, "a timer of vCPU %u came %lu ms late", i, (unsigned long)(latest[i] / NS_PER_MS));
}
