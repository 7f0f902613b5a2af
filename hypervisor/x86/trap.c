/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts: dispatch, and the fixups of the hypervisor's own faults. */
#include "x86/trap.h"
#include "core/emulate.h"
#include "core/log.h"
#include "core/mmio.h"
#include "core/pte.h"
#include "core/segdesc.h"
#include "core/sched.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/panic.h"

struct idt_gate { uint16_t off_lo, sel; uint8_t ist, type; uint16_t off_mid; uint32_t off_hi, zero; };

static struct idt_gate idt[256] __attribute__((aligned(16)));
extern const uint64_t trap_vectors[23];
extern const uint8_t syscall_stubs[], syscall32_stubs[], exit_iret[];

struct ex_entry { int32_t fault, fixup; };
extern const struct ex_entry ex_table_start[], ex_table_end[];

static void gate_set(unsigned vector, uint64_t handler, unsigned ist, unsigned dpl)
{
    idt[vector] = (struct idt_gate){
        .off_lo = (uint16_t)handler, .sel = SEL_HV_CS, .ist = (uint8_t)ist,
        .type = (uint8_t)(0x8e | dpl << 5), .off_mid = (uint16_t)(handler >> 16),
        .off_hi = (uint32_t)(handler >> 32),
    };
}

void trap_init(void)
{
    for (unsigned i = 0; i < 22; i++)
        gate_set(i, trap_vectors[i], 0, i == TRAP_BP || i == TRAP_OF ? 3 : 0);
    for (unsigned i = 22; i < 256; i++)
        gate_set(i, trap_vectors[22] + (i - 22) * 32, 0, i == 0x80 ? 3 : 0);
    idt[TRAP_DF].ist = IST_DF;
    idt[TRAP_NMI].ist = IST_NMI;
    idt[TRAP_MC].ist = IST_MCE;
    idt[TRAP_DB].ist = IST_DB;
}

void trap_init_cpu(struct cpu *c)
{
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint64_t)idt };

    if (!idt[0].sel)
        trap_init();
    desc_init_cpu(c);
    __asm__ volatile("lidt %0" ::"m"(idtr));
    wrmsr(MSR_STAR, (uint64_t)SEL_CS32 << 48 | (uint64_t)SEL_HV_CS << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + c->id * 64);
    wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + c->id * 64);
    wrmsr(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NXE);
    wrmsr_safe(MSR_SYSENTER_CS, 0); /* LIMIT: no 32-bit SYSENTER: #GP in the guest's user mode */
    fpu_init_cpu();
}

static uint64_t ex_fixup(uint64_t rip)
{
    for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++)
        if ((uint64_t)&e->fault + (uint64_t)(int64_t)e->fault == rip)
            return (uint64_t)&e->fixup + (uint64_t)(int64_t)e->fixup;
    return 0;
}

/* A trap in ring 0: an interrupt of the idle loop, an access that was expected to fault, or a bug. */
void trap_hypervisor(struct cpu_user_regs *r);
void trap_hypervisor(struct cpu_user_regs *r)
{
    uint64_t fixup;

    if (r->entry_vector >= 32) {
        irq_dispatch((uint8_t)r->entry_vector);
        return;
    }
    if (r->entry_vector == TRAP_DB) { /* a guest's breakpoint hit by its own syscall instruction */
        WRITE_DR(6, 0);
        return;
    }
    fixup = ex_fixup(r->rip);
    if (!fixup)
        panic_regs(r, "unexpected trap %u (error %#x, cr2 %#lx) in the hypervisor", r->entry_vector,
                   r->error_code, read_cr2());
    r->rip = fixup;
}

/* NMI, #DF, #MC: on their own stacks. */
void trap_ist(struct cpu_user_regs *r);
void trap_ist(struct cpu_user_regs *r)
{
    if (r->entry_vector == TRAP_NMI) {
        panic_nmi();
        return;
    }
    panic_regs(r, "%s (error %#x)", r->entry_vector == TRAP_DF ? "double fault" : "machine check", r->error_code);
}

void trap_guest_page_fault(struct vcpu *v);
void trap_guest_page_fault(struct vcpu *v)
{
    uint64_t cr2 = read_cr2();
    uint32_t error = v->regs.error_code;

    /* A write to a present page may be a page table the guest believes it may write. Xen asks for
     * no VMASST_TYPE_writable_pagetables here either. */
    if ((error & (PFEC_P | PFEC_W | PFEC_RSVD)) == (PFEC_P | PFEC_W) && v->in_kernel) {
        v->hc_nr = ~0u;
        switch (emulate_ptwr(v, cr2, error)) {
        case EMUL_NOT:
            if (likely(emulate_mmio_readonly(v, cr2) == EMUL_NOT))
                break;
            return;
        default:
            return;
        }
    }
    /* The CPU read a descriptor of the guest's LDT, whose pages come in at their first use. */
    if (unlikely(cr2 - LDT_VIRT(v->id) < 0x10000) && !(error & PFEC_U)) {
        v->hc_nr = ~0u;
        ldt_page_fault(v, cr2 - LDT_VIRT(v->id), error);
        return;
    }
    if (v->in_kernel)
        error &= ~PFEC_U;
    v->info->arch.cr2 = v->cr2 = cr2;
    bounce_trap(v, TRAP_PF, true, error);
}

/* INT n without a gate of that privilege: #GP with the IDT bit. The vector is read from the
 * instruction, because QEMU's TCG reports vector*16 where the manual (SDM vol. 3, 6.13) says *8. */
static bool software_interrupt(struct vcpu *v)
{
    const struct trap_info *t;
    uint8_t insn[2];

    if (port_copy_from_guest(insn, v->regs.rip, sizeof(insn)) || insn[0] != 0xcd)
        return false;
    t = &v->traps[insn[1]];
    if (TI_GET_DPL(t) < (v->in_kernel ? 1 : 3) || !t->address)
        return false;
    v->regs.rip += 2;
    bounce_trap(v, insn[1], false, 0);
    return true;
}

static void guest_debug(struct vcpu *v)
{
    v->dr[6] = READ_DR(6);
    WRITE_DR(6, 0xffff0ff0);
    bounce_trap(v, TRAP_DB, false, 0);
}

static bool vector_has_error(unsigned vector)
{
    return vector == TRAP_DF || (vector >= TRAP_TS && vector <= TRAP_PF) || vector == 17 || vector == 21;
}

static void guest_gp(struct vcpu *v)
{
    uint32_t error = v->regs.error_code;

    if (error & 2) {
        if (software_interrupt(v))
            return;
    } else if (!error && va_canonical(v->regs.rip) && emulate_privop(v) != EMUL_NOT) {
        return;
    }
    bounce_trap(v, TRAP_GP, true, error);
}

/* The guest's own CR0.TS, set by fpu_taskswitch. Telling the guest clears it. */
static void guest_device_not_available(struct vcpu *v)
{
    v->cr0 &= ~CR0_TS;
    port_load_ts(v);
    bounce_trap(v, TRAP_NM, false, 0);
}

/* int $0x80 has a gate of its own; without a handler it is what any other vector would be. */
static void guest_int80(struct vcpu *v)
{
    if (v->traps[0x80].address) {
        bounce_trap(v, 0x80, false, 0);
    } else {
        v->regs.rip -= 2;
        bounce_trap(v, TRAP_GP, true, 0x80 << 3 | 2);
    }
}

void trap_guest(struct vcpu *v);
void trap_guest(struct vcpu *v)
{
    unsigned vector = v->regs.entry_vector;

    v->hc_nr = ~0u;
    switch (vector) {
    case TRAP_DB:
        guest_debug(v);
        break;
    case TRAP_UD:
        if (emulate_forced_cpuid(v) == EMUL_NOT)
            bounce_trap(v, TRAP_UD, false, 0);
        break;
    case TRAP_GP:
        guest_gp(v);
        break;
    case TRAP_NM:
        guest_device_not_available(v);
        break;
    case 0x80:
        guest_int80(v);
        break;
    default:
        if (vector >= 32)
            irq_dispatch((uint8_t)vector);
        else
            bounce_trap(v, (uint8_t)vector, vector_has_error(vector), v->regs.error_code);
    }
}

/* The frame the guest asked to return to is one the CPU refuses: its own fault, at the target. */
void trap_guest_iret_fault(struct vcpu *v);
void trap_guest_iret_fault(struct vcpu *v)
{
    unsigned vector = v->regs.entry_vector;

    v->hc_nr = ~0u;
    if (vector == TRAP_PF) /* by the descriptor of CS or SS: a page of the LDT comes in */
        trap_guest_page_fault(v);
    else
        bounce_trap(v, (uint8_t)vector, vector_has_error(vector), v->regs.error_code);
}

void trap_guest_syscall(struct vcpu *v);
void trap_guest_syscall(struct vcpu *v)
{
    v->hc_nr = ~0u;
    if (v->cb_syscall.rip) {
        bounce_callback(v, v->cb_syscall.rip, v->cb_syscall.mask_events);
        v->regs.rflags &= ~RFLAGS_DF;
    } else {
        v->regs.rip -= 2;
        bounce_trap(v, TRAP_UD, false, 0);
    }
}

void trap_guest_syscall32(struct vcpu *v);
void trap_guest_syscall32(struct vcpu *v)
{
    v->hc_nr = ~0u;
    if (v->cb_syscall32.rip && !v->in_kernel) {
        bounce_callback(v, v->cb_syscall32.rip, v->cb_syscall32.mask_events);
        v->regs.rflags &= ~RFLAGS_DF;
    } else {
        v->regs.rip -= 2;
        bounce_trap(v, TRAP_UD, false, 0);
    }
}
