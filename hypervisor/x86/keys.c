/* SPDX-License-Identifier: MIT */
/* The debug keys that are about this machine. */
#include "core/keys.h"
#include "core/dump.h"
#include "core/log.h"
#include "x86/insn.h"
#include "x86/panic.h"
#include "x86/trap.h"

void port_report_vcpu(const struct vcpu *v)
{
    const struct cpu_user_regs *r = &v->regs;

    log_msg(LOG_ERR, "%sv%u (%s mode): rip %04x:%016lx rflags %08lx rsp %04x:%016lx",
            v->domain->name, v->id, v->in_kernel ? "kernel" : "user", r->cs, r->rip, r->rflags,
            r->ss, r->rsp);
    log_msg(LOG_ERR, "  rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx,
            r->rdx);
    log_msg(LOG_ERR, "  rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp,
            r->r8);
    log_msg(LOG_ERR, "  r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11,
            r->r12);
    log_msg(LOG_ERR, "  r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", r->r13, r->r14, r->r15,
            v->cr2);
    log_msg(LOG_ERR, "  cr3 kernel %lx user %lx kernel_sp %lx", v->cr3_kernel, v->cr3_user,
            v->kernel_sp);
}

/* Other CPUs are not stopped for this: of them what they last saved is shown. */
void port_report_cpus(void)
{
    for (unsigned i = 0; i < nr_cpus; i++) {
        struct vcpu *v = sched_running(i);

        log_msg(LOG_ERR, "CPU %u (APIC id %u)%s: %s", i, cpus[i].apic_id,
                i == port_cpu() ? ", this one" : "", v ? "runs" : "idle");
        if (!v)
            continue;
        port_report_vcpu(v);
        domain_put(v->domain);
    }
    log_msg(LOG_ERR, "cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx", read_cr0(), read_cr2(),
            read_cr3(), read_cr4());
}

_Noreturn void port_crash(void)
{
    panic("asked for by the debug key 'C'");
}
