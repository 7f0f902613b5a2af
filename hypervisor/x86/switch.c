/* SPDX-License-Identifier: MIT */
/*
 * The way out of the hypervisor: pending work is done here, once, before a guest runs again; and
 * the switch from one vcpu to another, or to idling.
 */
#include "core/console.h"
#include "core/domain.h"
#include "core/emulate.h"
#include "core/pagetype.h"
#include "core/sched.h"
#include "core/segdesc.h"
#include "core/time.h"
#include "core/tlb.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

static void load_cr3(struct cpu *c, uint64_t cr3)
{
    uint32_t tick = tlb_tick();

    write_cr3(cr3);
    tlb_flushed(c->id, tick);
}

void port_load_cr3(struct vcpu *v)
{
    load_cr3(this_cpu(), v->in_kernel ? v->cr3_kernel : v->cr3_user);
}

void guest_toggle_mode(struct vcpu *v)
{
    v->in_kernel ^= 1;
    swapgs();
    write_cr3(v->in_kernel ? v->cr3_kernel : v->cr3_user);
}

void port_save_segment_bases(struct vcpu *v)
{
    uint64_t active = rdmsr(MSR_GS_BASE), shadow = rdmsr(MSR_SHADOW_GS_BASE);

    v->fs_base = rdmsr(MSR_FS_BASE);
    v->gs_base_kernel = v->in_kernel ? active : shadow;
    v->gs_base_user = v->in_kernel ? shadow : active;
}

void port_load_segment_bases(struct vcpu *v)
{
    wrmsr(MSR_FS_BASE, v->fs_base);
    wrmsr(MSR_GS_BASE, v->in_kernel ? v->gs_base_kernel : v->gs_base_user);
    wrmsr(MSR_SHADOW_GS_BASE, v->in_kernel ? v->gs_base_user : v->gs_base_kernel);
}

#define READ_SEL(reg) ({ uint16_t s_; __asm__ volatile("mov %%" #reg ", %0" : "=r"(s_)); s_; })
/* A selector the descriptor tables do not allow any more becomes null, and is counted. */
#define LOAD_SEL(reg, sel) ({                                                              \
    uint32_t bad_ = 0, sel_ = (sel);                                                       \
    __asm__ volatile("1: mov %1, %%" #reg "\n\tjmp 3f\n"                                    \
                     "2: xor %1, %1\n\tmov %1, %%" #reg "\n\tmov $1, %0\n3:\n" EX_TABLE("1b", "2b") \
                     : "+r"(bad_), "+r"(sel_));                                            \
    bad_; })

static void segments_save(struct vcpu *v)
{
    v->regs.ds = READ_SEL(ds);
    v->regs.es = READ_SEL(es);
    v->regs.fs = READ_SEL(fs);
    v->regs.gs = READ_SEL(gs);
    port_save_segment_bases(v);
}

/* The pages of the LDT that its selectors want: a new LDT may have come since they were loaded. */
static __attribute__((noinline)) void ldt_bring_in(struct vcpu *v)
{
    const uint16_t sels[] = { v->sel_ds, v->sel_es, v->sel_fs, v->sel_gs };

    for (unsigned i = 0; i < ARRAY_SIZE(sels); i++)
        if (sels[i] & SEL_OF_LDT)
            ldt_map_page(v, sels[i] & ~7u);
}

static void segments_load(struct vcpu *v)
{
    uint32_t bad = 0;

    v->sel_ds = v->regs.ds;
    v->sel_es = v->regs.es;
    v->sel_fs = v->regs.fs;
    v->sel_gs = v->regs.gs;
    if (unlikely((v->sel_ds | v->sel_es | v->sel_fs | v->sel_gs) & SEL_OF_LDT))
        ldt_bring_in(v);
    bad |= LOAD_SEL(ds, v->sel_ds);
    bad |= LOAD_SEL(es, v->sel_es);
    bad |= LOAD_SEL(fs, v->sel_fs);
    bad |= LOAD_SEL(gs, v->sel_gs);
    port_load_segment_bases(v);
    if (unlikely(bad))
        vcpu_set_work(v, WORK_FAILSAFE);
}

void port_load_debug(struct vcpu *v)
{
    struct cpu *c = this_cpu();

    if (v->dr[7] & 0xff) {
        WRITE_DR(0, v->dr[0]);
        WRITE_DR(1, v->dr[1]);
        WRITE_DR(2, v->dr[2]);
        WRITE_DR(3, v->dr[3]);
        WRITE_DR(6, v->dr[6]);
        WRITE_DR(7, v->dr[7]);
        c->debug_loaded = true;
    } else if (c->debug_loaded) {
        WRITE_DR(7, 0x400);
        c->debug_loaded = false;
    }
}

/* TSD and DE are the guest's. */
static void cr4_load(const struct vcpu *v)
{
    uint64_t have = read_cr4(), want = cr4_real_value(v, have);

    if (want != have)
        write_cr4(want);
}

static void switch_out(struct cpu *c, struct vcpu *prev)
{
    segments_save(prev);
    fpu_save(prev);
    if (c->debug_loaded) {
        WRITE_DR(7, 0x400);
        WRITE_DR(6, 0xffff0ff0); /* nor does the next one see which breakpoint hit */
        c->debug_loaded = false;
    }
}

static void switch_in(struct cpu *c, struct vcpu *next)
{
    c->tss.rsp[0] = (uint64_t)&next->regs.es;
    c->regs_ss = (uint64_t)&next->regs.es - 8;
    next->stack_top = (uint64_t)c->stack + STACK_SIZE - 16;
    __atomic_or_fetch(&next->domain->dirty_cpus, BIT(c->id), __ATOMIC_SEQ_CST);
    desc_load_vcpu(c, next);
    desc_load_idle(c); /* the last one's window is not in the new address space, should an NMI come */
    load_cr3(c, next->in_kernel ? next->cr3_kernel : next->cr3_user);
    desc_load_vcpu_tables(c, next);
    segments_load(next);
    fpu_restore(next);
    cr4_load(next);
    port_load_debug(next);
}

/* prev or next may be NULL (idle). */
static void switch_vcpu(struct cpu *c, struct vcpu *prev, struct vcpu *next)
{
    if (prev)
        switch_out(c, prev);
    c->current = next;
    if (next) {
        switch_in(c, next);
    } else {
        desc_load_idle(c);
        load_cr3(c, idle_cr3);
    }
    if (prev) {
        if (!next || next->domain != prev->domain)
            __atomic_and_fetch(&prev->domain->dirty_cpus, ~BIT(c->id), __ATOMIC_SEQ_CST);
        sched_switched_from(prev);
    }
    if (next)
        vcpu_switched_to(next);
}

static void deliver_failsafe(struct vcpu *v)
{
    uint16_t sel[4] = { v->sel_ds, v->sel_es, v->sel_fs, v->sel_gs };

    bounce_failsafe(v, sel);
}

static void deliver_nmi(struct vcpu *v)
{
    if (!v->traps[TRAP_NMI].address)
        return;
    if (v->nmi_blocked) {
        v->nmi_pending = 1;
        return;
    }
    v->nmi_blocked = 1;
    bounce_trap(v, TRAP_NMI, false, 0);
}

static void deliver_trap(struct vcpu *v)
{
    struct pending_trap t = v->trap;

    if (t.vector == TRAP_PF)
        v->info->arch.cr2 = v->cr2 = t.cr2;
    bounce_trap(v, t.vector, t.has_error, t.error);
}

/* What v asked for or suffered. False: it must not go on now. */
static bool vcpu_work(struct vcpu *v)
{
    uint32_t work = __atomic_exchange_n(&v->work, 0, __ATOMIC_ACQ_REL);

    if ((work & WORK_DRAIN) && type_drain(v->domain, true) != 0)
        vcpu_set_work(v, WORK_DRAIN);
    if (work & WORK_RESCHED) {
        /* Deliveries wait until it runs again. */
        vcpu_set_work(v, work & ~(WORK_RESCHED | WORK_CPU | WORK_DRAIN));
        return false;
    }
    if (work & WORK_TIME) {
        time_vcpu_update(v);
        time_periodic_resume(v);
    }
    if (work & WORK_FAILSAFE)
        deliver_failsafe(v);
    if (work & WORK_TRAP)
        deliver_trap(v);
    if (work & WORK_NMI)
        deliver_nmi(v);
    if (vcpu_event_pending(v))
        bounce_callback(v, v->cb_event.rip, true);
    return true;
}

static void cpu_work(struct cpu *c)
{
    c->kicked = 0;
    if (c->timer_fired) {
        c->timer_fired = false;
        timer_run();
    }
    if (unlikely(READ_ONCE(console_news)))
        console_tell_news();
}

void exit_event(struct vcpu *v);
void exit_event(struct vcpu *v)
{
    bounce_callback(v, v->cb_event.rip, true);
}

struct vcpu *exit_work(struct vcpu *v)
{
    struct cpu *c = this_cpu();

    for (;;) {
        struct vcpu *next;

        cpu_work(c);
        if (v && vcpu_work(v)) {
            /* Tables left to drop do not keep it from the interrupts that stopped the dropping: they
             * wait for its next way out. */
            if (!(READ_ONCE(v->work) & ~WORK_DRAIN))
                return v;
            continue;
        }
        next = sched_next(v);
        if (next != v)
            switch_vcpu(c, v, next);
        v = next;
        if (!v && !READ_ONCE(c->kicked) && !sched_cpu_has_work(c->id) && !heap_scrub_some() && !c->timer_fired)
            sti_hlt_cli();
    }
}
