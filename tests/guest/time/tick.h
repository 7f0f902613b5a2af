/* SPDX-License-Identifier: MIT */
/* VIRQ_TIMER with a handler that counts, and no periodic timer. */
#ifndef TIME_TICK_H
#define TIME_TICK_H

#include "harness.h"

static volatile int ticks;

static inline void count_tick(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    ticks++;
}

static inline void ticks_start(void)
{
    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    evtchn_set_handler((evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, 0)), count_tick, NULL);
    ticks = 0;
}

/* Busy, so that nothing but the clock and interrupts is needed. */
static inline void spin_until(uint64_t at)
{
    while (time_ns() < at)
        cpu_relax();
}

/* Until there were n ticks, or nothing came for long. */
static inline void ticks_wait(int n)
{
    uint64_t deadline = time_ns() + DEADLINE_NS;

    while (ticks < n && time_ns() < deadline)
        cpu_relax();
}

static inline long singleshot(uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at, .flags = flags};

    return hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &op);
}

#endif
