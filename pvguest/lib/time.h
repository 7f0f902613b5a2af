/* SPDX-License-Identifier: MIT */
/*
 * Time as the hypervisor tells it: nanoseconds since it started, extrapolated from the TSC by the
 * scale in vcpu_info, and a singleshot timer per vCPU whose VIRQ wakes sched_block().
 */
#ifndef PVGUEST_TIME_H
#define PVGUEST_TIME_H

#include "xen.h"

#define NS_PER_MS 1000000ull
#define NS_PER_SEC 1000000000ull

/* System time, in ns. */
uint64_t time_ns(void);

/* UTC now, seconds since 1970. */
struct wallclock {
    uint64_t sec;
    uint32_t nsec;
};
struct wallclock time_wallclock(void);

/* TSC ticks per second, as told by the scale. */
uint64_t time_tsc_hz(void);

/* Calls fn in an upcall once system time reaches `at` (or NULL: only wakes). One per vCPU; setting
 * it again replaces it. Needs events enabled to fire. Binds VIRQ_TIMER on first use. */
long timer_set(uint64_t at, void (*fn)(void *data), void *data);
long timer_cancel(void);
/* The same without touching the function: used by waiting code. */
void timer_wake_at(uint64_t at);

/* Blocks this vCPU until then. */
void time_sleep_until(uint64_t at);

#endif
