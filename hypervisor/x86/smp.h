/* SPDX-License-Identifier: MIT */
/*
 * The CPUs: bringing them up, and what they ask of each other.
 *
 * TLB flushes. Each CPU has one mailbox, in which it writes what it wants flushed; then it sets its
 * bit in each target's set of requests, interrupts them, and waits until all bits are clear again.
 * Everybody who waits for anything (spin_wait()) serves the requests made to it, so no CPU with
 * interrupts off can keep two others waiting for each other.
 *
 * The hypervisor's own mappings are global and never change while guests run, and no guest's are
 * global (page typing strips the bit), so a flush is a load of CR3.
 */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "x86/cpu.h"

void cpu_init_control(void); /* this CPU's control registers and PAT */
void smp_init_boot_cpu(void);
void smp_start_others(unsigned max_cpus); /* 0: all */
void smp_stop_others(void);               /* panic: by NMI, for good */

/* VEC_TIMER, VEC_KICK, VEC_FLUSH, VEC_SPURIOUS, and devices' (x86/irq.h); interrupts are off. */
void irq_dispatch(uint8_t vector);

#endif
