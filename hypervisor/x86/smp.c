/* SPDX-License-Identifier: MIT */
#include "core/tlb.h"
#include "x86/smp.h"
#include "core/log.h"
#include "core/sched.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/image.h"
#include "x86/insn.h"
#include "x86/irq.h"
#include "x86/paging.h"
#include "x86/platform.h"
#include "x86/trap.h"
#include "x86/tsc.h"

struct cpu cpus[NR_CPUS];
unsigned nr_cpus;

extern uint8_t boot_stack[], trampoline_start[], trampoline_end[];
void *smp_ap_stack; /* initial stack pointer of the CPU being started; head.S */

#define PAT_VALUE 0x0000050100070406ull /* WB WT UC- UC WC WP, as the ABI has it */

void cpu_init_control(void)
{
    struct cpuid_regs leaf7 = cpuid_count(0, 0).a >= 7 ? cpuid_count(7, 0) : (struct cpuid_regs){0};
    uint64_t cr4 = (read_cr4() & ~CR4_PGE) | CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    /* LIMIT: no SMAP: under QEMU 7.2's TCG it faults on accesses it must allow. */
    if (leaf7.b & BIT(7))
        cr4 |= CR4_SMEP;
    /* Not UMIP: Xen lets PV guests execute sgdt and its like. */
    write_cr4(cr4);
    write_cr0((read_cr0() | CR0_WP | CR0_NE | CR0_MP) & ~(CR0_EM | CR0_TS));
    wrmsr(MSR_PAT, PAT_VALUE);
}

/* ---- flushing ---- */

#define FLUSH_ALL (~0ull) /* no page has this address */

static struct flush_box {
    uint64_t va;     /* what this CPU wants flushed: one page or FLUSH_ALL */
    cpumask_t asked; /* remote: who wants something of this CPU */
} __attribute__((aligned(64))) boxes[NR_CPUS];

static void flush_local_all(struct cpu *c)
{
    uint32_t tick = tlb_tick();

    write_cr3(read_cr3());
    tlb_flushed(c->id, tick);
}

static void flush_serve(struct cpu *c)
{
    cpumask_t asked;
    bool all = false;

    /* The asker sets its bit before the flag: what the bits do not show yet sets the flag again. */
    __atomic_store_n(&c->flush_request, 0, __ATOMIC_SEQ_CST);
    asked = __atomic_load_n(&boxes[c->id].asked, __ATOMIC_SEQ_CST);
    if (!asked)
        return;
    for (cpumask_t left = asked; left; left &= left - 1) {
        uint64_t va = boxes[__builtin_ctzll(left)].va;

        if (va == FLUSH_ALL)
            all = true;
        else
            invlpg(va);
    }
    if (all)
        flush_local_all(c);
    __atomic_and_fetch(&boxes[c->id].asked, ~asked, __ATOMIC_RELEASE);
}

void spin_wait(void)
{
    struct cpu *c = this_cpu();

    pause();
    if (unlikely(READ_ONCE(c->flush_request)))
        flush_serve(c);
}

static void flush_remote(struct cpu *c, cpumask_t others, uint64_t va)
{
    boxes[c->id].va = va;
    for (cpumask_t left = others; left; left &= left - 1) {
        unsigned to = (unsigned)__builtin_ctzll(left);

        __atomic_or_fetch(&boxes[to].asked, BIT(c->id), __ATOMIC_SEQ_CST);
        __atomic_store_n(&cpus[to].flush_request, 1, __ATOMIC_SEQ_CST);
        apic_send(cpus[to].apic_id, VEC_FLUSH);
    }
    for (cpumask_t left = others; left; left &= left - 1)
        while (__atomic_load_n(&boxes[__builtin_ctzll(left)].asked, __ATOMIC_ACQUIRE) & BIT(c->id))
            spin_wait();
}

void port_tlb_flush(cpumask_t mask)
{
    struct cpu *c = this_cpu();
    cpumask_t others = mask & cpus_online & ~BIT(c->id);

    if (mask & BIT(c->id))
        flush_local_all(c);
    if (others)
        flush_remote(c, others, FLUSH_ALL);
}

void port_tlb_flush_va(cpumask_t mask, gva_t va)
{
    struct cpu *c = this_cpu();
    cpumask_t others = mask & cpus_online & ~BIT(c->id);

    if (mask & BIT(c->id))
        invlpg(va);
    if (others)
        flush_remote(c, others, va);
}

/* ---- interrupts ---- */

void port_kick_cpu(unsigned cpu)
{
    struct cpu *to = &cpus[cpu];

    __atomic_store_n(&to->kicked, 1, __ATOMIC_SEQ_CST);
    if (to != this_cpu())
        apic_send(to->apic_id, VEC_KICK);
    else if (to->current)
        vcpu_set_work(to->current, WORK_CPU);
}

void irq_dispatch(uint8_t vector)
{
    struct cpu *c = this_cpu();

    switch (vector) {
    case VEC_TIMER:
        apic_eoi();
        timer_interrupt_done(c->id);
        c->timer_fired = true;
        if (c->current)
            vcpu_set_work(c->current, WORK_CPU);
        break;
    case VEC_KICK:
        apic_eoi();
        if (c->current)
            vcpu_set_work(c->current, WORK_CPU);
        break;
    case VEC_FLUSH:
        apic_eoi();
        flush_serve(c);
        break;
    case VEC_SPURIOUS: break;
    default: irq_interrupt(vector);
    }
}

/* ---- starting ---- */

static void cpu_prepare(struct cpu *c, unsigned id, uint32_t apic, uint8_t *stack)
{
    c->id = id;
    c->apic_id = apic;
    c->stack = stack;
    *(struct cpu **)(stack + STACK_SIZE - 16) = c;
}

void smp_init_boot_cpu(void)
{
    cpu_prepare(&cpus[0], 0, 0, boot_stack);
    cpus[0].online = true;
    nr_cpus = 1;
}

_Noreturn void ap_main(void);
_Noreturn void ap_main(void)
{
    struct cpu *c = this_cpu();

    cpu_init_control();
    trap_init_cpu(c);
    apic_init_cpu();
    sched_cpu_up(c->id);
    __atomic_store_n(&c->online, true, __ATOMIC_RELEASE);
    idle_enter();
}

static bool wait_online(struct cpu *c, uint64_t us)
{
    uint64_t end = port_now() + us * 1000;

    while (!__atomic_load_n(&c->online, __ATOMIC_ACQUIRE)) {
        if (port_now() > end)
            return false;
        spin_wait();
    }
    return true;
}

/* INIT, then STARTUP, a second one if nothing moves (SDM vol. 3, 8.4.4). */
static bool start_one(struct cpu *c)
{
    smp_ap_stack = c->stack + STACK_SIZE - 16;
    apic_send_init(c->apic_id);
    delay_us(200);
    apic_send_startup(c->apic_id, TRAMPOLINE_PHYS >> PAGE_SHIFT);
    if (wait_online(c, 10000))
        return true;
    apic_send_startup(c->apic_id, TRAMPOLINE_PHYS >> PAGE_SHIFT);
    return wait_online(c, 1000000);
}

void smp_start_others(unsigned max_cpus)
{
    unsigned limit = max_cpus && max_cpus < NR_CPUS ? max_cpus : NR_CPUS;
    uint32_t self = apic_id();

    cpus[0].apic_id = self;
    memcpy(frame_va(MFN(TRAMPOLINE_PHYS >> PAGE_SHIFT)), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    for (unsigned i = 0; i < platform.nr_cpus && nr_cpus < limit; i++) {
        struct cpu *c = &cpus[nr_cpus];
        mfn_t stack;

        if (platform.apic_id[i] == self)
            continue;
        stack = heap_alloc(STACK_ORDER, 0);
        if (mfn_eq(stack, MFN_INVALID))
            panic("no memory for CPU %u's stack", nr_cpus);
        cpu_prepare(c, nr_cpus, platform.apic_id[i], frame_va(stack));
        nr_cpus++; /* before it runs: it may be asked to flush at once */
        if (!start_one(c)) {
            /* It may still come up later and use its stack and number: both stay taken. */
            log_msg(LOG_ERR, "CPU with APIC id %u does not start; left out", platform.apic_id[i]);
            nr_cpus--;
            break;
        }
    }
    log_msg(LOG_INFO, "CPUs: %u of %u online", nr_cpus, max(platform.nr_cpus, 1u));
}

void smp_stop_others(void)
{
    if (nr_cpus > 1)
        apic_send_nmi_others();
}
