/* SPDX-License-Identifier: MIT */
#include "smp.h"

#include "pvguest.h"

#define WAIT_NS (5 * NS_PER_SEC)

struct cpu cpus[MAX_CPUS];

static struct slave {
    evtchn_port_t port;
    void (*volatile fn)(void *arg);
    void *arg;
    bool running; /* It arrived in smp_main(). */
} slaves[MAX_CPUS];

extern const char smp_entry[], entry_event[], entry_failsafe[], entry_syscall[];

unsigned int smp_self(void)
{
    return this_cpu()->id;
}

unsigned int smp_count(void)
{
    unsigned int n = 1;

    while (n < MAX_CPUS && hypercall_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
        n++;
    return n;
}

_Noreturn void smp_main(struct cpu *c);

_Noreturn void smp_main(struct cpu *c)
{
    struct slave *s = &slaves[c->id];

    __atomic_store_n(&s->running, true, __ATOMIC_SEQ_CST);
    for (;;) {
        void (*fn)(void *) = __atomic_load_n(&s->fn, __ATOMIC_SEQ_CST);

        if (fn) {
            fn(s->arg);
            __atomic_store_n(&s->fn, NULL, __ATOMIC_SEQ_CST);
        } else {
            MUST(sched_poll(&s->port, 1, 0));
            evtchn_clear(s->port);
        }
    }
}

void smp_context(unsigned int cpu, struct vcpu_guest_context *ctx)
{
    char *stack = pages_alloc(STACK_SIZE / PAGE_SIZE);
    const trap_info_t *table = traps_table();

    memset(ctx, 0, sizeof(*ctx));
    ctx->flags = VGCF_in_kernel | VGCF_syscall_disables_events | VGCF_failsafe_disables_events;
    ctx->user_regs.rip = (unsigned long)smp_entry;
    ctx->user_regs.rsp = (unsigned long)stack + STACK_SIZE;
    ctx->user_regs.rdi = (unsigned long)&cpus[cpu];
    ctx->user_regs.cs = FLAT_KERNEL_CS;
    ctx->user_regs.ss = FLAT_KERNEL_SS;
    ctx->user_regs.rflags = 0x1000; /* As Linux has it: IOPL 1, which says kernel mode. */
    for (; table->address; table++)
        ctx->trap_ctxt[table->vector] = *table;
    ctx->kernel_ss = FLAT_KERNEL_SS;
    ctx->kernel_sp = ctx->user_regs.rsp;
    ctx->ctrlreg[3] = xen_pfn_to_cr3(kernel_aspace.l4_mfn);
    ctx->event_callback_eip = (unsigned long)entry_event;
    ctx->failsafe_callback_eip = (unsigned long)entry_failsafe;
    ctx->syscall_callback_eip = (unsigned long)entry_syscall;
    ctx->gs_base_kernel = (unsigned long)&cpus[cpu];
}

long smp_start(unsigned int cpu)
{
    static struct vcpu_guest_context ctx;
    uint64_t deadline;
    long rc;

    ASSERT(cpu < MAX_CPUS);
    cpus[cpu] = (struct cpu){
        .self = &cpus[cpu],
        .id = cpu,
        .info = &shared_info->vcpu_info[cpu],
        .fault.vector = FAULT_NONE,
    };
    smp_context(cpu, &ctx);
    rc = hypercall_vcpu_op(VCPUOP_initialise, cpu, &ctx);
    if (rc)
        return rc;
    shared_info->vcpu_info[cpu].evtchn_upcall_mask = 1;
    slaves[cpu].port = (evtchn_port_t)MUST(evtchn_bind_ipi(cpu));
    rc = hypercall_vcpu_op(VCPUOP_up, cpu, NULL);
    deadline = time_ns() + WAIT_NS;
    while (!rc && !__atomic_load_n(&slaves[cpu].running, __ATOMIC_SEQ_CST)) {
        if (time_ns() > deadline)
            panic("vCPU %u was brought up but does not run", cpu);
        sched_yield();
    }
    return rc;
}

void smp_run(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
    struct slave *s = &slaves[cpu];

    ASSERT(s->running && !s->fn);
    s->arg = arg;
    __atomic_store_n(&s->fn, fn, __ATOMIC_SEQ_CST);
    MUST(evtchn_send(s->port));
}

bool smp_wait(unsigned int cpu)
{
    uint64_t deadline = time_ns() + WAIT_NS;

    while (__atomic_load_n(&slaves[cpu].fn, __ATOMIC_SEQ_CST)) {
        if (time_ns() > deadline)
            return false;
        sched_yield();
    }
    return true;
}

void smp_call(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
    smp_run(cpu, fn, arg);
    if (!smp_wait(cpu))
        panic("vCPU %u does not finish its work", cpu);
}
