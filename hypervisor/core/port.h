/* SPDX-License-Identifier: MIT */
/*
 * All that core asks of the machine. x86/port.c answers on the real machine, tests/unit/fake_port.c
 * on the host; core itself has no special instruction, no device and no clock of its own.
 *
 * Everything in the hypervisor runs with interrupts off; interrupts are taken only in guest mode
 * and in the idle loop. Long work asks port_preempt_pending() and returns a continuation.
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include "lib/types.h"

#define NR_CPUS 64
typedef uint64_t cpumask_t; /* one bit a CPU */

struct vcpu;
struct domain;

/* The direct map: all RAM at one virtual offset. A plain variable, so that the host tests can point
 * it at an arena. frame_va() must only be used for frames below max_mfn that are RAM. */
extern uint8_t *directmap;
extern uint64_t max_mfn; /* one more than the highest RAM frame */

static inline void *frame_va(mfn_t m) { return directmap + (m.n << PAGE_SHIFT); }
static inline mfn_t va_frame(const void *va)
{
    return MFN((uint64_t)((const uint8_t *)va - directmap) >> PAGE_SHIFT);
}

/* The machine-to-phys table: one entry a frame, written by the hypervisor, read by guests. */
extern uint64_t *m2p;
#define M2P_INVALID (~0ull)

/* The frame where byte `offset` of m2p lies (MFN_INVALID: nowhere); *nr: how many frames of m2p, and of
 * nothing else, begin there. */
mfn_t port_m2p_chunk(uint64_t offset, unsigned *nr);

unsigned port_cpu(void);             /* this CPU's index, 0..NR_CPUS-1 */
struct vcpu *port_current(void);     /* the vcpu this CPU is working for; NULL when idle or at boot */
uint64_t port_now(void);             /* system time: ns since boot, monotonic over all CPUs */
bool port_preempt_pending(void);     /* should long work stop and continue later? */
void port_kick_cpu(unsigned cpu);    /* make that CPU leave guest or idle and look at its work */

/* Flush TLBs. cpus may contain this CPU; returns when all have done it. port_tlb_flush_va flushes
 * one page's translation. Both advance the flush clock of core/tlb.h for whole flushes. */
void port_tlb_flush(cpumask_t cpus);
void port_tlb_flush_va(cpumask_t cpus, gva_t va);
void port_tlb_flush_va_here(gva_t va); /* on this CPU */

/* Zero nr whole pages (at least one), aligned to one. The guest's registers are as before, vectors and CR0.TS among them. */
void port_clear_pages(void *va, uint64_t nr);

/* Arm this CPU's timer interrupt for the absolute system time (ns); ~0 disarms. A time in the past
 * fires at once. */
void port_timer_arm(uint64_t deadline);

/* Guest memory, by the current guest address space (that of port_current()). Any byte pattern is
 * allowed as an address; the hypervisor's own range is refused. Returns the bytes NOT copied. */
size_t port_copy_from_guest(void *dst, gva_t src, size_t n);
size_t port_copy_to_guest(gva_t dst, const void *src, size_t n);

#endif
