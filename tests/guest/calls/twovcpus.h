/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs on one physical CPU, each of which spins until the other has run in between: what a
 * vCPU holds in registers must survive that. The tests say dom0_max_vcpus=2 on a machine with one
 * CPU, so that only preemption lets both advance.
 */
#ifndef CALLS_TWOVCPUS_H
#define CALLS_TWOVCPUS_H

#include "harness.h"

static volatile unsigned long turns[2];
static volatile bool turns_over;

/* Counts for the other vCPU's sake until turns_over; fn before it makes the registers differ. */
static inline void turns_other(void *arg)
{
    if (arg)
        ((void (*)(void))arg)();
    while (!turns_over)
        turns[1]++;
}

/* Starts vCPU 1 on that; SKIPs if there is none. */
static inline void turns_start(void (*fn)(void))
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    smp_run(1, turns_other, (void *)fn);
}

/* Spins, without a hypercall, until vCPU 1 ran again. */
static inline void turns_wait(void)
{
    unsigned long before = turns[1];
    uint64_t deadline = time_ns() + DEADLINE_NS;

    while (turns[1] == before)
        CHECK(time_ns() < deadline, "the other vCPU does not get to run");
}

static inline void turns_stop(void)
{
    turns_over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
}

#endif
