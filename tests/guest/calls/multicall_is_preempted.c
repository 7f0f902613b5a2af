/* SPDX-License-Identifier: MIT */
/*
 * A long multicall must not keep events away: it is interrupted, the event is handled, and it goes
 * on where it was. Every entry runs once.
 */
#include "harness.h"

#define N 32768u

static volatile int fired;
static multicall_entry_t *calls;
static unsigned int done_when_fired;

static void on_timer(void *data)
{
    unsigned int n = 0;

    (void)data;
    while (n < N && calls[n].result)
        n++;
    done_when_fired = n;
    fired++;
}

TEST("multicall_is_preempted", "an event interrupts a long multicall, which then goes on")
{
    uint64_t start, length;
    unsigned int pages = N * sizeof(*calls) / PAGE_SIZE;

    if (pages_left() < pages + 64)
        SKIP("too little memory");
    calls = pages_alloc(pages);
    for (unsigned int i = 0; i < N; i++)
        calls[i].op = HYPERCALL_NR_xen_version;

    /* How long it takes, so that the timer falls into the middle. */
    start = time_ns();
    CHECK_RC(hypercall_multicall(calls, N), 0);
    length = time_ns() - start;
    for (unsigned int i = 0; i < N; i++)
        calls[i].result = 0;
    MUST(timer_cancel());

    CHECK_RC(timer_set(time_ns() + length / 2, on_timer, NULL), 0);
    CHECK_RC(hypercall_multicall(calls, N), 0);
    CHECK_EQ(fired, 1);
    CHECK(done_when_fired > 0 && done_when_fired < N, "fired after %u entries", done_when_fired);
    for (unsigned int i = 0; i < N; i++)
        CHECK(calls[i].result == (4 << 16 | 17), "entry %u: %lx", i, calls[i].result);
}
