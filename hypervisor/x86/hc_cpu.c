/* SPDX-License-Identifier: MIT */
/* The hypercalls that act on the CPU itself: iret, stack_switch, fpu_taskswitch. */
#include "core/domain.h"
#include "core/pte.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "x86/insn.h"
#include "x86/trap.h"

/* What the guest left at its stack pointer (public arch-x86/xen-x86_64.h, struct iret_context). */
long hc_iret(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct cpu_user_regs *r = &v->regs;
    struct iret_context c;
    uint64_t rsp = r->rsp;

    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    if (unlikely(!va_is_guest(rsp, sizeof(c)) || copy_user(&c, (void *)rsp, sizeof(c)))) {
        domain_crash(v->domain, "iret: the frame at %#lx cannot be read", rsp);
        v->hc_restart |= HC_FULL_EXIT;
        return 0;
    }
    if ((c.cs & 3) == 3) {
        if (unlikely(!v->cr3_user)) {
            domain_crash(v->domain, "iret to user mode without a user page table");
            v->hc_restart |= HC_FULL_EXIT;
            return 0;
        }
        guest_toggle_mode(v);
    }
    r->rip = c.rip;
    r->cs = (uint16_t)c.cs | 3;
    r->rflags = (c.rflags & ~(RFLAGS_IOPL | RFLAGS_VM | RFLAGS_VIF | RFLAGS_VIP)) | RFLAGS_IF;
    r->rsp = c.rsp;
    r->ss = (uint16_t)c.ss | 3;
    /* A return as from a system call has its rip and rflags in rcx and r11, as SYSRET leaves them. */
    r->r11 = c.flags & VGCF_in_syscall ? r->rflags : c.r11;
    r->rcx = c.flags & VGCF_in_syscall ? c.rip : c.rcx;
    r->rax = c.rax;
    if (v->keeps_iopl)
        v->iopl = c.rflags >> 12 & 3;
    v->nmi_blocked = 0;
    if (unlikely(v->nmi_pending)) {
        v->nmi_pending = 0;
        vcpu_set_work(v, WORK_NMI);
    }
    v->info->evtchn_upcall_mask = !(c.rflags & RFLAGS_IF);
    v->hc_restart |= HC_FULL_EXIT;
    return (long)c.rax;
}

/* ss, rsp: the kernel stack for frames taken from user mode. */
long hc_stack_switch(struct vcpu *v, uint64_t ss, uint64_t rsp, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->kernel_ss = ss | 3;
    v->kernel_sp = rsp;
    return 0;
}

long hc_fpu_taskswitch(struct vcpu *v, uint64_t set, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a2, (void)a3, (void)a4, (void)a5;
    if (set) {
        v->cr0 |= CR0_TS;
        write_cr0(read_cr0() | CR0_TS);
    } else {
        v->cr0 &= ~CR0_TS;
        write_cr0(read_cr0() & ~CR0_TS);
    }
    return 0;
}

static const uint8_t nargs[NR_HYPERCALLS] = {
#define HYPERCALL(nr, name, n) [nr] = n,
#include "hypercalls.def"
#undef HYPERCALL
};

/* Only the call's own arguments: a guest's stub may rely on the other registers. */
static void args_restore(struct cpu_user_regs *r, const uint64_t *a, unsigned n)
{
    uint64_t *const reg[] = { &r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8 };

    for (unsigned i = 0; i < n; i++)
        *reg[i] = a[i];
}

/* The rare ends of a hypercall, from entry.S: repeat it, or load all registers. */
void hypercall_finish(struct vcpu *v, long rax);
void hypercall_finish(struct vcpu *v, long rax)
{
    struct cpu_user_regs *r = &v->regs;
    uint8_t how = v->hc_restart;

    v->hc_restart = 0;
    if (!(how & HC_FULL_EXIT)) { /* what entry.S left out */
        r->rcx = r->rip;
        r->r11 = r->rflags;
        r->cs = SEL_CS64;
        r->ss = SEL_DS;
    }
    if (how & HC_RESTART) {
        r->rip -= 2; /* the syscall instruction; rax still holds the number */
        args_restore(r, v->hc_args, nargs[r->rax & (NR_HYPERCALLS - 1)]);
    } else if (!(how & HC_FULL_EXIT)) {
        r->rax = (uint64_t)rax;
    }
}
