/* SPDX-License-Identifier: MIT */
/* The singleshot timer: fires by VIRQ_TIMER, not before its time, once, and a blocked vCPU wakes. */
#include "harness.h"

static volatile int fired;
static volatile uint64_t fired_at;

static void on_timer(void *data)
{
    (void)data;
    fired_at = time_ns();
    fired++;
}

TEST("singleshot_timer_fires", "a singleshot timer wakes a blocked vCPU at its time, and only once")
{
    uint64_t start = time_ns(), at = start + 20 * NS_PER_MS;

    CHECK_RC(timer_set(at, on_timer, NULL), 0);
    CHECK_EQ(fired, 0);
    while (!fired && time_ns() < start + DEADLINE_NS) {
        events_disable();
        if (!fired)
            sched_block();
        events_enable();
    }
    CHECK(fired == 1, "fired %d times", fired);
    CHECK(fired_at >= at, "fired %lu ns too early", at - fired_at);

    /* One in the past fires at once. */
    CHECK_RC(timer_set(start, on_timer, NULL), 0);
    while (fired < 2 && time_ns() < at + DEADLINE_NS)
        sched_yield();
    CHECK_EQ(fired, 2);

    /* A cancelled one does not fire: a later sleep passes its time. */
    at = time_ns() + 5 * NS_PER_MS;
    CHECK_RC(timer_set(at, on_timer, NULL), 0);
    CHECK_RC(timer_cancel(), 0);
    time_sleep_until(at + 5 * NS_PER_MS);
    CHECK_EQ(fired, 2);
}
