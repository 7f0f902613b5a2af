/* SPDX-License-Identifier: MIT */
/* Structure offsets for assembly: compiled to assembly, whose "->NAME value" lines become build/gen/offsets.h. */
#include "core/vcpu.h"
#include "x86/cpu.h"

#define DEFINE(name, value) __asm__ volatile("\n->" #name " %c0" ::"i"(value))
#define REG(r) DEFINE(VCPU_##r, offsetof(struct vcpu, regs) + offsetof(struct cpu_user_regs, r))

void offsets(void);
void offsets(void)
{
    DEFINE(VCPU_REGS, offsetof(struct vcpu, regs));
    DEFINE(VCPU_REGS_TOP, offsetof(struct vcpu, regs) + offsetof(struct cpu_user_regs, es));
    REG(r15);
    REG(r14);
    REG(r13);
    REG(r12);
    REG(rbp);
    REG(r11);
    REG(r10);
    REG(r9);
    REG(r8);
    REG(rax);
    REG(rbx);
    REG(rcx);
    REG(rdx);
    REG(rsi);
    REG(rdi);
    REG(error_code);
    REG(rip);
    REG(rflags);
    REG(rsp);
    DEFINE(VCPU_STACK_TOP, offsetof(struct vcpu, stack_top));
    DEFINE(VCPU_WORK, offsetof(struct vcpu, work));
    DEFINE(VCPU_IN_KERNEL, offsetof(struct vcpu, in_kernel));
    DEFINE(VCPU_HC_RESTART, offsetof(struct vcpu, hc_restart));
    REG(cs);
    REG(es);
    REG(ss);
    DEFINE(VCPU_CR3_USER, offsetof(struct vcpu, cr3_user));
    DEFINE(VCPU_IRET_SPECIAL, offsetof(struct vcpu, iret_special));
    DEFINE(VCPU_INFO, offsetof(struct vcpu, info));
    DEFINE(VCPU_CB_EVENT, offsetof(struct vcpu, cb_event.rip));
    DEFINE(VCPU_HC_NR, offsetof(struct vcpu, hc_nr));
    DEFINE(CPU_SIZE, sizeof(struct cpu));
    DEFINE(CPU_CURRENT, offsetof(struct cpu, current));
    DEFINE(CPU_REGS_SS, offsetof(struct cpu, regs_ss));
}
