/* SPDX-License-Identifier: MIT */
/*
 * Traps: what ring 3 and the devices throw at the hypervisor, and how a guest gets its share.
 * trap.c decides, bounce.c builds the guest's frame, switch.c is the way out.
 */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include "core/vcpu.h"
#include "x86/cpu.h"

#define TRAP_DE 0
#define TRAP_DB 1
#define TRAP_NMI 2
#define TRAP_BP 3
#define TRAP_OF 4
#define TRAP_UD 6
#define TRAP_NM 7
#define TRAP_DF 8
#define TRAP_TS 10
#define TRAP_NP 11
#define TRAP_SS 12
#define TRAP_GP 13
#define TRAP_PF 14
#define TRAP_MC 18

#define PFEC_P 1u
#define PFEC_W 2u
#define PFEC_U 4u
#define PFEC_RSVD 8u

#define RFLAGS_TF BIT(8)
#define RFLAGS_IF BIT(9)
#define RFLAGS_DF BIT(10)
#define RFLAGS_IOPL (3ull << 12)
#define RFLAGS_NT BIT(14)
#define RFLAGS_RF BIT(16)
#define RFLAGS_VM BIT(17)
#define RFLAGS_AC BIT(18)
#define RFLAGS_VIF BIT(19)
#define RFLAGS_VIP BIT(20)

void trap_init(void);             /* once: the IDT */
void trap_init_cpu(struct cpu *c); /* each CPU: GDT, TSS, IDT, syscall MSRs */

/* bounce.c: give the current vcpu a frame on its kernel stack and point it to a handler. Each may
 * crash the domain (handler missing, stack not writable). */
void bounce_trap(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error);
void bounce_callback(struct vcpu *v, uint64_t rip, bool mask_events);
void bounce_failsafe(struct vcpu *v, const uint16_t sel[4]); /* ds es fs gs as they were */

/* switch.c */
void guest_toggle_mode(struct vcpu *v); /* kernel <-> user: CR3 and GS base */
struct vcpu *exit_work(struct vcpu *v); /* v may be NULL (idle): who runs next */
_Noreturn void exit_full(struct vcpu *v);
_Noreturn void idle_enter(void);

/* fpu.c */
extern uint64_t xcr0_host_mask; /* 0: no XSAVE */
void fpu_init_cpu(void);
void fpu_save(struct vcpu *v);
void fpu_restore(struct vcpu *v);
int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0); /* -EINVAL */

/* desc.c */
void desc_init_cpu(struct cpu *c);
void desc_load_idle(struct cpu *c);          /* GDTR of no guest */
void desc_load_vcpu(struct cpu *c, struct vcpu *v);        /* before CR3 is loaded */
void desc_load_vcpu_tables(struct cpu *c, struct vcpu *v); /* after */
int desc_vcpu_init(struct vcpu *v);

/* smp.c: the hypervisor's own interrupt vectors. */
void irq_dispatch(uint8_t vector);
/* console/emulation hooks */
size_t copy_user(void *dst, const void *src, size_t n);

#endif
