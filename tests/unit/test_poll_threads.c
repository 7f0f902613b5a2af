/* SPDX-License-Identifier: MIT */
/* Checks [SCH-7]. */
/*
 * One thread as a vcpu that polls for a port, one that sends to it and waits until it was taken, and one that sends to
 * another port of the domain all the time. The poll must end each time. tests/guest/sched/poll_among_other_events.c is
 * the same in a guest.
 *
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 */
#include <pthread.h>
#include <sched.h>
#include <criterion/criterion.h>
#include "start.h"
#include "core/evtchn.h"
#include "core/sched.h"

#define TURNS    30000u
#define PATIENCE 20000000u

#define LOAD(x)     __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static struct domain *d;
static struct vcpu *poller;
static evtchn_port_t port, other;
static unsigned taken;
static bool done, failed;

static bool clear(evtchn_port_t p)
{
    return __atomic_fetch_and(&d->shared_info->evtchn_pending[0], ~BIT(p), __ATOMIC_SEQ_CST) & BIT(p);
}

static bool wait_turn(unsigned *turns)
{
    if (++*turns == PATIENCE)
        STORE(failed, true);
    else if (*turns % 64 == 0)
        sched_yield();
    return !LOAD(failed);
}

/* As hypercall/sched.c does it; instead of being switched away it waits until it is woken. */
static void poll(void)
{
    unsigned turns = 0;

    vcpu_poll_begin(poller);
    if (evtchn_port_pending(d, port) || !vcpu_poll_narrow(poller, port)) {
        vcpu_poll_end(poller);
        STORE(poller->blocked, false);
        return;
    }
    while (LOAD(poller->blocked) && wait_turn(&turns))
        ;
}

static void *poll_all(void *arg)
{
    while (LOAD(taken) < TURNS && !LOAD(failed)) {
        poll();
        if (clear(port))
            STORE(taken, taken + 1);
    }
    return arg;
}

static void *send_others(void *arg)
{
    while (!LOAD(done)) {
        clear(other);
        evtchn_send(d, other);
    }
    return arg;
}

Test(poll_threads, an_event_ends_the_poll_for_it_whatever_else_is_sent)
{
    struct evtchn_bind_ipi a = {.vcpu = 0}, b = {.vcpu = 1};
    pthread_t threads[2];

    core_start();
    d = new_domain(1, 8);
    cr_assert_eq(evtchn_bind_ipi(d, &a), 0);
    cr_assert_eq(evtchn_bind_ipi(d, &b), 0);
    port = a.port;
    other = b.port;
    d->shared_info->evtchn_mask[0] = ~0ul;
    poller = d->vcpus[0];
    poller->initialised = true;
    poller->down = false;
    /* On its way to sleep all the time, so that nobody queues it. */
    poller->run = VCPU_RUNNING;
    poller->sched.on_cpu = true;
    fake_threads = true;
    cr_assert_eq(pthread_create(&threads[0], NULL, poll_all, NULL), 0);
    cr_assert_eq(pthread_create(&threads[1], NULL, send_others, NULL), 0);
    for (unsigned n = 0, turns; n < TURNS && !LOAD(failed); n++) {
        evtchn_send(d, port);
        for (turns = 0; LOAD(taken) == n && wait_turn(&turns);)
            ;
    }
    STORE(done, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    fake_threads = false;
    cr_assert_not(failed, "event %u did not end the poll", taken);
    cr_assert_eq(d->evtchn.pollers, poller->poll_ports != 0);
}
