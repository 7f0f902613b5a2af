/* SPDX-License-Identifier: MIT */
/*
 * One physical CPU. this_cpu() is found from the stack pointer: each CPU has one hypervisor stack
 * of STACK_SIZE, aligned to its size, whose top 16 bytes hold the pointer.
 * Everything here is touched by its own CPU only, except the fields marked "remote", which are atomic.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include "core/vcpu.h"
#include "x86/layout.h"

struct tss64 {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iobmp;
} __attribute__((packed));

struct cpu {
    struct vcpu *current;   /* whose registers are being worked on; NULL: idle or boot */
    unsigned id;
    uint32_t apic_id;
    uint8_t *stack;         /* base */
    uint32_t kicked;        /* remote: look at your work (idle, or schedule) */
    uint32_t flush_request; /* remote: another CPU waits for a flush, see x86/smp.c */
    bool timer_fired;
    bool debug_loaded;      /* DR0-3/7 hold a guest's */
    bool online;            /* remote */
    uint64_t regs_ss;       /* &current->regs.ss: where a system call's frame begins */
    struct tss64 tss __attribute__((aligned(16)));
    uint64_t *gdt;          /* its copy of the hypervisor-owned GDT page (page 14 of every vcpu's GDT window) */
    mfn_t gdt_mfn;
};

extern struct cpu cpus[NR_CPUS];
extern unsigned nr_cpus; /* online, numbered from 0 without gaps */

static inline struct cpu *this_cpu(void)
{
    uint64_t rsp;

    __asm__("mov %%rsp, %0" : "=r"(rsp));
    return *(struct cpu **)((rsp | (STACK_SIZE - 1)) - 15);
}

static inline struct vcpu *current_vcpu(void) { return this_cpu()->current; }

#endif
