/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 timeout=60 */
/*
 * Two vCPUs send, mask, unmask, move, close and bind ports anew, at random and at the same time, and take
 * what comes only after an upcall. In the end of each round all ports are unmasked, and whatever was sent
 * after it was last taken must come, to the vCPU that looks, by an upcall.
 */
#include "fifo.h"
#include "ports.h"

#define CHANNELS 12
#define ROUNDS   600
#define STEPS    40

static struct channel {
    evtchn_port_t sends, takes;
    bool held;           /* by who changes it */
    volatile int wanted; /* sent, and not taken since */
} channels[CHANNELS];

static uint8_t channel_of[FIFO_WORDS]; /* +1, by the port that is taken */
static volatile unsigned int arrived[2];
static uint64_t deadline;

static unsigned int random_number(uint32_t *x, unsigned int below)
{
    *x = *x * 1664525 + 1013904223;
    return (*x >> 8) % below;
}

static void take_all(unsigned int self)
{
    evtchn_port_t port;

    if (!__atomic_exchange_n(&shared_info->vcpu_info[self].evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST))
        return;
    while ((port = fifo_take(self))) {
        unsigned int n = __atomic_load_n(&channel_of[port], __ATOMIC_SEQ_CST);

        if (n) /* else the other vCPU closed it just now */
            __atomic_store_n(&channels[n - 1].wanted, 0, __ATOMIC_SEQ_CST);
    }
}

/* The end that takes becomes another port. What is sent meanwhile is dropped, but binding is an event: ports are
 * closed masked, so that it waits until the new port is known as the channel's. */
static void bind_anew(struct channel *c)
{
    fifo_mask(c->takes);
    __atomic_store_n(&channel_of[c->takes], 0, __ATOMIC_SEQ_CST); /* before another channel may get it */
    MUST(evtchn_close(c->takes));
    c->takes = (evtchn_port_t)MUST(evtchn_bind_interdomain(DOMID_SELF, c->sends));
    __atomic_store_n(&channel_of[c->takes], (uint8_t)(c - channels + 1), __ATOMIC_SEQ_CST);
    fifo_unmask(c->takes);
}

static void change(struct channel *c, unsigned int self, uint32_t *x)
{
    if (__atomic_exchange_n(&c->held, true, __ATOMIC_SEQ_CST))
        return;
    switch (random_number(x, 6)) {
    case 0: fifo_mask(c->takes); break;
    case 1: fifo_unmask(c->takes); break;
    case 2: MUST(evtchn_bind_vcpu(c->takes, random_number(x, 2))); break;
    case 3: MUST(fifo_set_priority(c->takes, 6 + random_number(x, 3))); break;
    case 4: bind_anew(c); break;
    case 5: take_all(self); break;
    }
    __atomic_store_n(&c->held, false, __ATOMIC_SEQ_CST);
}

static void meet(unsigned int self, unsigned int number)
{
    __atomic_store_n(&arrived[self], number, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived[!self], __ATOMIC_SEQ_CST) < number) {
        take_all(self);
        CHECK(time_ns() < deadline, "vCPU %u waits for the other at %u", self, number);
    }
}

static bool all_came(void)
{
    for (unsigned int n = 0; n < CHANNELS; n++)
        if (channels[n].wanted)
            return false;
    return true;
}

static void stress(void *arg)
{
    unsigned int self = smp_self();
    uint32_t x = 77 + self;

    (void)arg;
    for (unsigned int round = 1; round <= ROUNDS; round++) {
        for (unsigned int step = 0; step < STEPS; step++) {
            struct channel *c = &channels[random_number(&x, CHANNELS)];

            __atomic_store_n(&c->wanted, 1, __ATOMIC_SEQ_CST);
            MUST(evtchn_send(c->sends));
            change(&channels[random_number(&x, CHANNELS)], self, &x);
            if (random_number(&x, 4) == 0)
                take_all(self);
        }
        meet(self, 3 * round);
        for (unsigned int n = self; n < CHANNELS; n += 2)
            if (*fifo_word(channels[n].takes) & FIFO_MASKED) /* else it would save an event that was lost */
                fifo_unmask(channels[n].takes);
        while (!all_came()) {
            take_all(self);
            CHECK(time_ns() < deadline, "an event of round %u did not come", round);
        }
        meet(self, 3 * round + 1);
    }
}

TEST("fifo_stress", "no FIFO event is lost, whatever two vCPUs do to their ports at once")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    events_disable();
    MUST(smp_start(1));
    for (unsigned int n = 0; n < CHANNELS; n++)
        channels[n].takes = loopback(&channels[n].sends);
    fifo_start(2);
    fifo_expand();
    while (fifo_take(0) || fifo_take(1))
        ;
    for (unsigned int n = 0; n < CHANNELS; n++)
        channel_of[channels[n].takes] = (uint8_t)(n + 1);
    deadline = time_ns() + 40 * NS_PER_SEC;
    smp_run(1, stress, NULL);
    stress(NULL);
    for (unsigned int n = 0; n < CHANNELS; n++)
        CHECK(!(*fifo_word(channels[n].takes) & (FIFO_PENDING | FIFO_LINKED)), "port %u is %x", channels[n].takes,
              *fifo_word(channels[n].takes));
}
