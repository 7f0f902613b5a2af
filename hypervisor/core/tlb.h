/* SPDX-License-Identifier: MIT */
/*
 * The flush clock: which CPUs may still hold a stale translation of a frame.
 * Owns: one global clock that ticks with every whole flush, and for each CPU the tick of its last
 * one. A frame is stamped when its last reference of a kind goes; a CPU that flushed after the
 * stamp cannot hold a translation to it. No lock: monotonic counters.
 * Invariant TLB-1: tlb_cpu_time[c] <= tlb_clock, and it grows only by a completed flush of c.
 */
#ifndef CORE_TLB_H
#define CORE_TLB_H

#include "core/port.h"

extern uint32_t tlb_clock;
extern uint32_t tlb_cpu_time[NR_CPUS];

/* Called by the port after CPU cpu really flushed everything (a CR3 load counts). The clock is read before
 * the flush by the caller and handed in as the new time, see x86/mmu. */
static inline uint32_t tlb_tick(void) { return __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_ACQ_REL); }
static inline void tlb_flushed(unsigned cpu, uint32_t tick)
{
    __atomic_store_n(&tlb_cpu_time[cpu], tick, __ATOMIC_RELEASE);
}
static inline uint32_t tlb_stamp(void) { return __atomic_load_n(&tlb_clock, __ATOMIC_ACQUIRE); }

/* Of cpus, those that have not flushed since stamp. 32-bit wrap: the comparison is of the
 * signed difference. LIMIT: a frame whose stamp is 2^31 flushes old may cost one superfluous flush, or
 * miss a CPU whose time stood still as long: one that runs one guest address space without leaving
 * it, whose TLB is in truth flushed by each change between guest kernel and user. */
static inline cpumask_t tlb_filter(cpumask_t cpus, uint32_t stamp)
{
    cpumask_t need = 0;

    while (cpus) {
        unsigned c = (unsigned)__builtin_ctzll(cpus);
        cpus &= cpus - 1;
        if ((int32_t)(tlb_cpu_time[c] - stamp) <= 0)
            need |= BIT(c);
    }
    return need;
}

#endif
