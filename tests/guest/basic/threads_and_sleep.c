/* SPDX-License-Identifier: MIT */
/* Stacks of our own making: switching between them by hand does not disturb traps and events. */
#include "harness.h"

static int trace[12], traced;

static void worker(void *arg)
{
    for (int i = 0; i < 3; i++) {
        uint64_t value;
        struct fault f = try_read(NULL, &value);

        CHECK_FAULT(f, TRAP_PF);
        trace[traced++] = *(int *)arg;
        time_sleep_until(time_ns() + NS_PER_MS);
        thread_yield();
    }
}

TEST("threads_take_traps_and_events", "faults and timer upcalls work on any stack of the guest")
{
    int names[2] = {1, 2};
    struct thread *a = thread_create(worker, &names[0]), *b = thread_create(worker, &names[1]);

    thread_join(a);
    thread_join(b);
    CHECK_EQ(traced, 6);
    for (int i = 2; i < 6; i++)
        CHECK(trace[i] == trace[i - 2] && trace[i] != trace[i - 1], "no turns at %d", i);
}
