/* SPDX-License-Identifier: MIT */
/*
 * Further vCPUs. smp_start() brings one up; it then waits, in a poll on a port of its own and with
 * events disabled, for functions that vCPU 0 gives it. Whoever wants upcalls there calls
 * events_enable() in the function.
 */
#ifndef PVGUEST_SMP_H
#define PVGUEST_SMP_H

#include "xen.h"

/* vCPUs of this domain, up or not, as VCPUOP_is_up tells; at most MAX_CPUS. */
unsigned int smp_count(void);

/* Initialises the vCPU and brings it up: 0 when it runs, else the hypercall's error. */
long smp_start(unsigned int cpu);
/* What smp_start() passes to VCPUOP_initialise; for tests that want to change it. */
void smp_context(unsigned int cpu, struct vcpu_guest_context *context);

/* Lets a started vCPU run fn(arg); it must have finished what it had before. */
void smp_run(unsigned int cpu, void (*fn)(void *arg), void *arg);
/* Until it has finished; false if that takes longer than five seconds. */
bool smp_wait(unsigned int cpu);
/* Both; panics if it does not finish. */
void smp_call(unsigned int cpu, void (*fn)(void *arg), void *arg);

unsigned int smp_self(void);

#endif
