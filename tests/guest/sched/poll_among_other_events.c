/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=4 timeout=60 */
/*
 * Two vCPUs hand a turn to and fro, each waiting for it in a poll of its own port, masked and with events off, as
 * Linux waits for a lock. Two others send events of other ports all the time, which are no reason to wake. A turn
 * that takes a second has been lost: what was sent did not wake who polls for it.
 */
#include "harness.h"

#define TURNS 3000u

static evtchn_port_t ports[2], others[2];
static volatile unsigned int turn;
static volatile bool done;
static uint64_t sent[2], longest;

static void noise(void *arg)
{
    evtchn_port_t port = others[(uintptr_t)arg];

    while (!done) {
        evtchn_clear(port);
        MUST(evtchn_send(port));
    }
}

static void take_turns(void *arg)
{
    unsigned int self = (unsigned int)(uintptr_t)arg;
    uint64_t now;

    while (turn < TURNS) {
        evtchn_clear(ports[self]);
        if (turn % 2 != self) {
            if (turn < TURNS)
                MUST(sched_poll(&ports[self], 1, 0));
            continue;
        }
        now = time_ns(); /* on Xen CPUs differ by a few ns */
        if (turn && now > sent[!self] && now - sent[!self] > longest)
            longest = now - sent[!self];
        sent[self] = now;
        __atomic_fetch_add(&turn, 1, __ATOMIC_SEQ_CST);
        MUST(evtchn_send(ports[!self]));
    }
}

TEST("poll_among_other_events", "an event wakes who polls for it, whatever else is sent at the same time")
{
    unsigned int seen = 0;
    uint64_t since;

    if (smp_count() < 4)
        SKIP("this domain has fewer than four vCPUs");
    events_disable();
    for (unsigned int i = 1; i < 4; i++)
        MUST(smp_start(i));
    ports[0] = (evtchn_port_t)MUST(evtchn_bind_ipi(2));
    ports[1] = (evtchn_port_t)MUST(evtchn_bind_ipi(3));
    others[0] = (evtchn_port_t)MUST(evtchn_bind_ipi(1));
    others[1] = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    smp_run(1, noise, (void *)0);
    smp_run(2, take_turns, (void *)0);
    smp_run(3, take_turns, (void *)1);
    for (since = time_ns(); turn < TURNS;) {
        evtchn_clear(others[1]);
        MUST(evtchn_send(others[1]));
        if (turn != seen) {
            seen = turn;
            since = time_ns();
        }
        CHECK(time_ns() - since < 5 * NS_PER_SEC, "turn %u was sent and is not taken", seen);
    }
    done = true;
    CHECK(longest < NS_PER_SEC, "a turn came %lu ns late", longest);
}
