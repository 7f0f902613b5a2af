/* SPDX-License-Identifier: MIT */
/* Checks [EVT-10] [EVT-11]. */
/*
 * Two threads as two vcpus of a FIFO domain: they send, mask, unmask, move, close and bind ports at random and at the
 * same time, and take what comes. Whatever was sent must come. tests/guest/events/fifo_stress.c is the same in a guest.
 *
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 */
#include <pthread.h>
#include <sched.h>
#include <criterion/criterion.h>
#include "start.h"
#include "tables.h"
#include "core/evtchn.h"
#include "core/sched.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)
#define WORDS   (PAGE_SIZE / sizeof(event_word_t))

#define CHANNELS 3
#define ROUNDS   40000
#define STEPS    5

static struct domain *d0, *d1;
static struct evtchn_fifo_control_block *control[2];
static event_word_t *words;

static struct channel {
    evtchn_port_t sends, takes;
    bool held;
    int wanted; /* sent, and not taken since */
} channels[CHANNELS];

static int channel_of[WORDS]; /* +1, by the port that is taken */
static unsigned arrived[2], lost_round;
static bool failed;

static struct queues { /* a vcpu's own, as a guest has them */
    uint32_t head[EVTCHN_FIFO_MAX_QUEUES], ready;
} queues[2];

#define LOAD(x)     __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)

static evtchn_port_t take(unsigned self)
{
    struct queues *q = &queues[self];

    for (;;) {
        unsigned p;
        evtchn_port_t port;
        event_word_t w;

        q->ready |= __atomic_exchange_n(&control[self]->ready, 0, __ATOMIC_SEQ_CST);
        if (!q->ready)
            return 0;
        p = (unsigned)__builtin_ctz(q->ready);
        port = q->head[p] ?: LOAD(control[self]->head[p]);
        w = __atomic_fetch_and(&words[port], ~(LINKED | EVTCHN_FIFO_LINK_MASK), __ATOMIC_SEQ_CST);
        q->head[p] = w & EVTCHN_FIFO_LINK_MASK;
        if (!q->head[p])
            q->ready &= ~(1u << p);
        if ((LOAD(words[port]) & (PENDING | MASKED)) != PENDING)
            continue;
        __atomic_and_fetch(&words[port], ~PENDING, __ATOMIC_SEQ_CST);
        return port;
    }
}

static void take_all(unsigned self)
{
    for (evtchn_port_t port; (port = take(self)) != 0;) {
        int n = LOAD(channel_of[port]);

        if (n)
            STORE(channels[n - 1].wanted, 0);
    }
}

static void unmask(evtchn_port_t port)
{
    event_word_t w;

    do
        w = LOAD(words[port]) & ~BUSY;
    while (!__atomic_compare_exchange_n(&words[port], &w, w & ~MASKED, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    if (w & PENDING)
        evtchn_unmask(d1, port);
}

/* What is sent meanwhile is dropped, and what is taken before the port has its new name is nobody's: one event more. */
static void bind_anew(struct channel *c)
{
    struct evtchn_bind_interdomain a = {.remote_dom = DOMID_SELF, .remote_port = c->sends};

    a.remote_dom = d1->id;
    STORE(channel_of[c->takes], 0); /* before another channel may get it */
    if (evtchn_close(d1, c->takes))
        STORE(failed, true);
    if (evtchn_bind_interdomain(d1, &a))
        STORE(failed, true);
    c->takes = a.local_port;
    STORE(channel_of[c->takes], (int)(c - channels) + 1);
    unmask(c->takes);
    evtchn_send(d1, c->sends);
}

static unsigned number(uint32_t *x, unsigned below)
{
    *x = *x * 1664525 + 1013904223;
    return (*x >> 8) % below;
}

static void change(struct channel *c, uint32_t *x)
{
    struct evtchn_set_priority p;

    if (__atomic_exchange_n(&c->held, true, __ATOMIC_SEQ_CST))
        return;
    switch (number(x, 9)) {
    default: __atomic_or_fetch(&words[c->takes], MASKED, __ATOMIC_SEQ_CST); break;
    case 0:
    case 1: unmask(c->takes); break;
    case 2: evtchn_bind_vcpu(d1, c->takes, number(x, 2)); break;
    case 3:
        p = (struct evtchn_set_priority){.port = c->takes, .priority = 6 + number(x, 3)};
        evtchn_set_priority(d1, &p);
        break;
    case 4: bind_anew(c); break;
    }
    STORE(c->held, false);
}

static bool all_came(void)
{
    for (unsigned n = 0; n < CHANNELS; n++)
        if (LOAD(channels[n].wanted))
            return false;
    return true;
}

/* Waits for the other thread, and takes what comes. */
static void meet(unsigned self)
{
    unsigned at = arrived[self] + 1;

    STORE(arrived[self], at);
    for (unsigned turns = 0; LOAD(arrived[!self]) < at && !LOAD(failed); turns++) {
        take_all(self);
        if (turns % 64 == 63)
            sched_yield();
    }
}

static void *vcpu_thread(void *arg)
{
    unsigned self = arg != NULL;
    uint32_t x = 77 + self;

    for (unsigned round = 1; round <= ROUNDS && !LOAD(failed); round++) {
        for (unsigned step = 0; step < STEPS; step++) {
            struct channel *c = &channels[number(&x, CHANNELS)];

            STORE(c->wanted, 1);
            if (evtchn_send(d1, c->sends))
                STORE(failed, true);
            change(&channels[number(&x, CHANNELS)], &x);
            if (number(&x, 4) == 0)
                take_all(self);
        }
        meet(self);
        for (unsigned n = self; n < CHANNELS; n += 2)
            if (LOAD(words[channels[n].takes]) & MASKED) /* else it would save an event that was lost */
                unmask(channels[n].takes);
        meet(self);
        take_all(self);
        meet(self);
        if (!all_came()) {
            STORE(lost_round, round);
            STORE(failed, true);
        }
        meet(self);
    }
    return NULL;
}

static void start(void)
{
    mfn_t m = new_page(d1);
    struct evtchn_expand_array e = {.array_gfn = m.n};

    words = frame_va(m);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = MASKED;
    for (unsigned i = 0; i < 2; i++) {
        mfn_t page = new_page(d1);
        struct evtchn_init_control c = {.control_gfn = page.n, .vcpu = i};

        control[i] = frame_va(page);
        cr_assert_eq(evtchn_init_control(d1, &c), 0);
        /* For ever, so that nobody is woken: the scheduler is made for one thread here. */
        d1->vcpus[i]->info->evtchn_upcall_pending = 1;
    }
    cr_assert_eq(evtchn_expand_array(d1, &e), 0);
}

Test(evtchn_threads, no_event_is_lost)
{
    pthread_t other;

    core_start();
    d0 = new_domain(0, 1);
    d1 = new_domain(1, 2);
    fake_current = d1->vcpus[0];
    start();
    for (unsigned n = 0; n < CHANNELS; n++) {
        struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
        struct evtchn_bind_interdomain b = {.remote_dom = d1->id};

        cr_assert_eq(evtchn_alloc_unbound(d1, &u), 0);
        b.remote_port = u.port;
        cr_assert_eq(evtchn_bind_interdomain(d1, &b), 0);
        channels[n] = (struct channel){.sends = b.local_port, .takes = u.port};
        channel_of[u.port] = (int)n + 1;
    }
    fake_threads = true;
    cr_assert_eq(pthread_create(&other, NULL, vcpu_thread, channels), 0);
    vcpu_thread(NULL);
    pthread_join(other, NULL);
    fake_threads = false;
    cr_assert_not(failed, "an event of round %u did not come", lost_round);
    for (unsigned n = 0; n < CHANNELS; n++)
        cr_assert_not(words[channels[n].takes] & (PENDING | LINKED));
    cr_assert_eq(evtchn_audit(d1), 0);
}
