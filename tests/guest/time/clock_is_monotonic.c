/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * The clock on each of two vCPUs never goes back, and what one vCPU read is not later than what the
 * other reads after it by more than a millisecond, which no guest would bear. [TIME-1]
 */
#include "harness.h"

#define ROUNDS 20000

static volatile bool lock;
static uint64_t shared_last;
static volatile bool went_back, other_done;
static volatile uint64_t worst;

static void read_clock(void *arg)
{
    uint64_t last = 0, now;

    for (int i = 0; i < ROUNDS; i++) {
        while (__atomic_exchange_n(&lock, true, __ATOMIC_ACQUIRE))
            cpu_relax();
        now = time_ns();
        if (now + worst < shared_last)
            worst = shared_last - now;
        shared_last = now;
        __atomic_store_n(&lock, false, __ATOMIC_RELEASE);
        if (now < last)
            went_back = true;
        last = now;
    }
    if (arg)
        other_done = true;
}

TEST("clock_is_monotonic", "system time never goes back on a vCPU, nor much between two")
{
    if (smp_count() > 1) {
        MUST(smp_start(1));
        smp_run(1, read_clock, (void *)&lock);
        read_clock(NULL);
        CHECK(smp_wait(1) && other_done, "vCPU 1 does not come back");
        CHECK(worst < NS_PER_MS, "the clocks are %lu ns apart", worst);
    } else {
        read_clock(NULL);
    }
    CHECK(!went_back, "a clock went back");
}
