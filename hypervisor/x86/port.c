/* SPDX-License-Identifier: MIT */
/* core/port.h on the real machine, the part that is about the CPU at hand; smp.c and tsc.c have the rest. */
#include "core/log.h"
#include "core/pagetype.h"
#include "core/sched.h"
#include "x86/insn.h"
#include "x86/trap.h"

unsigned port_cpu(void) { return this_cpu()->id; }

struct vcpu *port_current(void) { return this_cpu()->current; }

/* Interrupts are off, so what waits for this CPU must be looked for. */
bool port_preempt_pending(void)
{
    struct cpu *c = this_cpu();
    struct vcpu *v = c->current;

    if (READ_ONCE(c->kicked) || READ_ONCE(c->flush_request))
        return true;
    if (v && ((READ_ONCE(v->work) & WORK_RESCHED) || vcpu_event_pending(v)))
        return true;
    if (timer_next(c->id) > port_now())
        return false;
    /* Its interrupt may be late, under an emulator on a busy machine by many calls of this: so it is not waited for. */
    c->timer_fired = true;
    if (v)
        vcpu_set_work(v, WORK_CPU);
    return true;
}

static void report_walk(uint64_t cr3, uint64_t va)
{
    mfn_t table = MFN(cr3 >> PAGE_SHIFT);

    log_msg(LOG_ERR, "  page-table walk of %#lx:", va);
    for (int level = 4; level >= 1; level--) {
        unsigned i = pte_index(va, level);
        uint64_t e = ((uint64_t *)frame_va(table))[i];
        uint64_t pfn = mfn_valid(pte_mfn(e)) ? m2p[pte_mfn(e).n] : M2P_INVALID;

        log_msg(LOG_ERR, "   L%d[%03x] = %016lx pfn %lx%s", level, i, e, pfn, e & PTE_P ? "" : " (not present)");
        if (!(e & PTE_P) || (level > 1 && (e & PTE_PS)) || !mfn_valid(pte_mfn(e)))
            return;
        table = pte_mfn(e);
    }
}

static void report_stack(struct vcpu *v)
{
    uint64_t w[8] = { 0 };

    if (port_current() != v || port_copy_from_guest(w, v->regs.rsp, sizeof(w))) {
        log_msg(LOG_ERR, "  stack at %#lx cannot be read", v->regs.rsp);
        return;
    }
    log_msg(LOG_ERR, "  stack %016lx %016lx %016lx %016lx", w[0], w[1], w[2], w[3]);
    log_msg(LOG_ERR, "        %016lx %016lx %016lx %016lx", w[4], w[5], w[6], w[7]);
}

static void report_vcpu(struct vcpu *v)
{
    struct cpu_user_regs *r = &v->regs;

    log_msg(LOG_ERR, " vcpu %u (%s mode): rip %04x:%016lx rflags %08lx rsp %04x:%016lx", v->id,
            v->in_kernel ? "kernel" : "user", r->cs, r->rip, r->rflags, r->ss, r->rsp);
    log_msg(LOG_ERR, "  rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
    log_msg(LOG_ERR, "  rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp, r->r8);
    log_msg(LOG_ERR, "  r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11, r->r12);
    log_msg(LOG_ERR, "  r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", r->r13, r->r14, r->r15,
            v->cr2);
    log_msg(LOG_ERR, "  cr3 kernel %lx user %lx kernel_sp %lx last trap %u error %#x", v->cr3_kernel, v->cr3_user,
            v->kernel_sp, r->entry_vector, r->error_code);
    if (port_current() == v && !r->entry_vector) /* or a division error */
        log_msg(LOG_ERR, "  in a hypercall: rbp, r12 to r15, rcx, r11, cs and ss are older");
    report_stack(v);
    if (v->in_kernel ? v->cr3_kernel : v->cr3_user) {
        uint64_t cr3 = v->in_kernel ? v->cr3_kernel : v->cr3_user;

        report_walk(cr3, r->rip);
        if (v->cr2)
            report_walk(cr3, v->cr2);
    }
}

void port_domain_report(struct domain *d)
{
    struct vcpu *v = port_current();

    if (v && v->domain == d) {
        report_vcpu(v);
        return;
    }
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i] && d->vcpus[i]->initialised)
            report_vcpu(d->vcpus[i]);
}
