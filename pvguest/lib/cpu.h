/* SPDX-License-Identifier: MIT */
/*
 * What each vCPU has for itself, reached by this_cpu() through %gs, and the few instructions that C
 * does not know. struct cpu's first fields are used by entry.S, which sees only the numbers.
 */
#ifndef PVGUEST_CPU_H
#define PVGUEST_CPU_H

#define CPU_SELF 0
#define CPU_USER_SP 8
#define CPU_TRY_SP 16

#define MAX_CPUS 32 /* All that shared_info has room for; more would need register_vcpu_info. */
#define STACK_SIZE 16384

#ifndef __ASSEMBLER__

#include "traps.h"
#include "xen.h"

struct cpu {
    struct cpu *self;
    unsigned long user_sp; /* Stack to come back to from user mode; 0 while not in user_run(). */
    unsigned long try_sp;  /* Stack to come back to from a fault in try_call(); 0 if none. */

    unsigned int id;
    struct vcpu_info *info;
    struct fault fault; /* The last one that an expectation caught. */
};

_Static_assert(offsetof(struct cpu, user_sp) == CPU_USER_SP, "entry.S");
_Static_assert(offsetof(struct cpu, try_sp) == CPU_TRY_SP, "entry.S");

extern struct cpu cpus[MAX_CPUS];

static inline struct cpu *this_cpu(void)
{
    struct cpu *c;

    asm volatile("mov %%gs:%c1, %0" : "=r"(c) : "i"(CPU_SELF));
    return c;
}

static inline void barrier(void)
{
    asm volatile("" ::: "memory");
}

static inline void cpu_relax(void)
{
    asm volatile("pause" ::: "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return ((uint64_t)hi << 32) | lo;
}

/* CPUID as the hypervisor wants this guest to see it, by the forced emulation prefix. */
static inline void pv_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    asm volatile(XEN_CPUID
                 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                 : "0"(leaf), "2"(subleaf));
}

/* The CPUID instruction itself: what guest user programs see. */
static inline void native_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    asm volatile("cpuid"
                 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                 : "0"(leaf), "2"(subleaf));
}

#endif
#endif
