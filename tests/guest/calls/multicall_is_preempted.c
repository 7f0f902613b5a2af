/* SPDX-License-Identifier: MIT */
/*
 * A long multicall must not keep events away: one that an entry in its middle sends is handled
 * before the end, and the multicall goes on where it was. Every entry runs once. [HC-4] [HC-5]
 */
#include "harness.h"

#define N 4096u
#define SENDER 100u

static volatile int fired;
static multicall_entry_t *calls;
static unsigned int done_when_fired;

static void on_event(evtchn_port_t port, void *data)
{
    unsigned int n = 0;

    (void)port;
    (void)data;
    while (n < N && calls[n].result != 0x77)
        n++;
    done_when_fired = n;
    fired++;
}

TEST("multicall_is_preempted", "an event interrupts a long multicall, which then goes on")
{
    struct evtchn_send send = {.port = (evtchn_port_t)MUST(evtchn_bind_ipi(0))};

    evtchn_set_handler(send.port, on_event, NULL);
    calls = pages_alloc(N * sizeof(*calls) / PAGE_SIZE);
    for (unsigned int i = 0; i < N; i++)
        calls[i] = (multicall_entry_t){.op = HYPERCALL_NR_xen_version, .result = 0x77};
    calls[SENDER].op = HYPERCALL_NR_event_channel_op;
    calls[SENDER].args[0] = EVTCHNOP_send;
    calls[SENDER].args[1] = (unsigned long)&send;

    CHECK_RC(hypercall_multicall(calls, N), 0);
    CHECK_EQ(fired, 1);
    CHECK(done_when_fired > SENDER && done_when_fired < N, "fired after %u", done_when_fired);
    for (unsigned int i = 0; i < N; i++) {
        unsigned long wanted = i == SENDER ? 0 : 4 << 16 | 17;

        CHECK(calls[i].result == wanted, "entry %u: %lx", i, calls[i].result);
    }
}
