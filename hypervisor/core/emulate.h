/* SPDX-License-Identifier: MIT */
/*
 * Instructions the hypervisor carries out for a guest, which runs in ring 3 and believes it runs in
 * ring 0. Each function is called from the trap in question with the guest's registers in v->regs,
 * v current, its address space loaded; it reads the instruction itself, once.
 *
 * What is not emulated is the guest's own exception, as it came. No locks are held on entry.
 *
 * LIMIT: only 64-bit code; a privileged instruction or port access of 32-bit user code gets its #GP.
 */
#ifndef CORE_EMULATE_H
#define CORE_EMULATE_H

#include "core/decode.h"
#include "core/port.h"
#include "core/vcpu.h"

enum emul_result {
    EMUL_DONE,  /* carried out, rip advanced (or to be executed again); go on in the guest */
    EMUL_NOT,   /* not ours: deliver the original exception */
    EMUL_FAULT, /* an exception was queued with vcpu_inject() */
    EMUL_CRASH  /* the domain was crashed */
};

/* #GP(0): privileged instructions and port I/O. */
enum emul_result emulate_privop(struct vcpu *v);
/* #UD: ud2, "xen", cpuid; the guest kernel's way to the CPUID it should believe. */
enum emul_result emulate_forced_cpuid(struct vcpu *v);
/* #PF by a write of the guest kernel to a present page: maybe to one of its L1 tables, which it may
 * change as if it were writable (core/ptwr.c). */
enum emul_result emulate_ptwr(struct vcpu *v, uint64_t cr2, uint32_t error);

/* ---- shared by the emulations ---- */

/* Queue an exception and say so. */
enum emul_result emul_fault(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error);
/* Queue #PF at va; error without its U bit, which depends on the guest's mode. */
enum emul_result emul_page_fault(struct vcpu *v, uint64_t va, uint32_t error);
/* A debug trap with these DR6 bits. */
void emul_debug_trap(struct vcpu *v, uint64_t dr6);

#define TRAP_DB_VECTOR 1
#define TRAP_UD_VECTOR 6
#define TRAP_GP_VECTOR 13

#define EFLAGS_CF 0x1u
#define EFLAGS_PF 0x4u
#define EFLAGS_AF 0x10u
#define EFLAGS_ZF 0x40u
#define EFLAGS_SF 0x80u
#define EFLAGS_TF 0x100u
#define EFLAGS_DF 0x400u
#define EFLAGS_OF 0x800u
#define EFLAGS_RF 0x10000u

#define PF_ERR_WRITE 2u
#define PF_ERR_USER 4u
#define PF_ERR_FETCH 16u

#define DR6_BS BIT(14)
#define DR6_FIXED_1 0xffff0ff0ull

/* Read the instruction at rip: as many of 16 bytes as lie in its page, so that the next one is touched
 * only if the instruction really goes on there. 0: they cannot be read, #PF is queued with
 * fetch_error in its error code. */
static inline unsigned emul_read(struct vcpu *v, uint8_t b[16], uint32_t fetch_error)
{
    uint64_t rip = v->regs.rip;
    unsigned n = 16, left;

    if (unlikely((rip & ~PAGE_MASK) > PAGE_SIZE - 16))
        n = PAGE_SIZE - (unsigned)(rip & ~PAGE_MASK);
    left = (unsigned)port_copy_from_guest(b, rip, n);
    if (likely(!left))
        return n;
    emul_page_fault(v, rip + n - left, fetch_error);
    return 0;
}

/* insn_decode() said INSN_SHORT: read on. EMUL_DONE; EMUL_NOT: not one of ours; EMUL_FAULT: #PF queued. */
enum emul_result emul_decode_on(struct vcpu *v, uint8_t b[16], unsigned n, struct insn *i,
                                uint32_t fetch_error);

/* Decode the n bytes that were read. */
static inline enum emul_result emul_decode(struct vcpu *v, uint8_t b[16], unsigned n,
                                           struct insn *i, uint32_t fetch_error)
{
    int len = insn_decode(i, b, n);

    if (likely(len > 0))
        return EMUL_DONE;
    return len == INSN_UNKNOWN ? EMUL_NOT : emul_decode_on(v, b, n, i, fetch_error);
}

/* The instruction of len bytes is done: rip, RF, and the trap that TF asks for. */
static inline void emul_retire(struct vcpu *v, unsigned len)
{
    uint64_t flags = v->regs.rflags;

    v->regs.rip += len;
    v->regs.rflags = flags & ~(uint64_t)EFLAGS_RF;
    if (unlikely(flags & EFLAGS_TF))
        emul_debug_trap(v, DR6_BS);
}

/* ---- control registers, as the guest sees them (core/emulate.c) ---- */

/* Bits a guest may set itself, and the hypervisor's own that it sees. */
#define GUEST_CR4_TSD BIT(2)
#define GUEST_CR4_DE BIT(3)
#define GUEST_CR4_OSXSAVE BIT(18)
#define GUEST_CR4_VISIBLE 0x660ull /* PAE MCE OSFXSR OSXMMEXCPT */
#define GUEST_CR0_TS BIT(3)
#define GUEST_CR0_FIXED 0x80050033ull /* PG AM WP NE ET MP PE */

/* What remains of a value the guest writes into CR4: also for a vcpu's initial context. */
uint64_t cr4_guest_value(uint64_t val);
/* The CR4 to run v with, given the hypervisor's own. */
uint64_t cr4_real_value(const struct vcpu *v, uint64_t host_cr4);

#endif
