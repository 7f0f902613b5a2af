/* SPDX-License-Identifier: MIT */
/* Faults, system calls and events: what the hypervisor starts, and the way back. */
#include "bench.h"

#define TURNS 400

extern const char bench_fault_iretq[], bench_fault_call[], bench_syscall[], bench_syscall_fast[],
    bench_event_iretq[], bench_event_call[];
extern const char bench_user_syscall[], bench_user_syscall_end[], bench_user_fault[],
    bench_user_fault_end[], bench_user_nothing[], bench_user_nothing_end[];
extern const char entry_syscall[], entry_event[]; /* pvguest's own */

unsigned long bench_upcalls;

static void set_fault_entry(const char *entry)
{
    trap_info_t table[2] = {{.vector = TRAP_PF, .cs = FLAT_KERNEL_CS}};

    table[0].address = (unsigned long)entry;
    MUST(hypercall_set_trap_table(table));
}

static void set_callback(unsigned int type, const char *entry)
{
    struct callback_register cb = {
        .type = type,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)entry,
    };

    MUST(hypercall_callback_op(CALLBACKOP_register, &cb));
}

static void bench_kernel_faults(void)
{
    void *hole = va_alloc(1);

    set_fault_entry(bench_fault_iretq);
    BENCH("fault_kernel_iretq", TURNS, asm volatile(".byte 0x8b, 0x07" ::"D"(hole) : "rax"));
    set_fault_entry(bench_fault_call);
    BENCH("fault_kernel_call", TURNS, asm volatile(".byte 0x8b, 0x07" ::"D"(hole) : "rax"));
}

/* Ticks of TURNS turns of the user code, as it measures them itself. */
static uint64_t user_ticks(struct aspace *as, void *alias, const char *begin, const char *end)
{
    struct regs regs = user_regs(USER_BASE, USER_BASE + PAGE_SIZE);

    user_copy_code(alias, begin, end);
    regs.rbx = TURNS;
    regs.rdi = USER_BASE + 2 * PAGE_SIZE;
    user_run(as, &regs);
    if (regs.vector != TRAP_UD || regs.rbx)
        panic("user code ended with %s, %lu turns left", trap_name(regs.vector), regs.rbx);
    return regs.r15 - regs.r14;
}

static void bench_user(const char *name, struct aspace *as, void *alias, const char *begin,
                       const char *end)
{
    uint64_t ticks[SAMPLES];

    for (unsigned int s = 0; s < SAMPLES; s++)
        ticks[s] = user_ticks(as, alias, begin, end) -
                   user_ticks(as, alias, bench_user_nothing, bench_user_nothing_end);
    bench_report(name, ticks, TURNS, 0);
}

static void bench_users(void)
{
    struct aspace as = aspace_new();
    void *code = user_page(&as, USER_BASE, PROT_RO);

    bench_user("fault_user", &as, code, bench_user_fault, bench_user_fault_end);
    set_callback(CALLBACKTYPE_syscall, bench_syscall);
    bench_user("syscall_user", &as, code, bench_user_syscall, bench_user_syscall_end);
    set_callback(CALLBACKTYPE_syscall, bench_syscall_fast);
    bench_user("syscall_user_fast", &as, code, bench_user_syscall, bench_user_syscall_end);
    set_callback(CALLBACKTYPE_syscall, entry_syscall);
}

static void bench_event(const char *name, const char *entry, evtchn_port_t port)
{
    struct evtchn_send send = {.port = port};
    unsigned long before = bench_upcalls;

    set_callback(CALLBACKTYPE_event, entry);
    BENCH(name, TURNS, rc |= hypercall_event_channel_op(EVTCHNOP_send, &send));
    set_callback(CALLBACKTYPE_event, entry_event);
    if (bench_upcalls - before != TURNS * SAMPLES)
        panic("%s: %lu upcalls", name, bench_upcalls - before);
}

static void bench_events(void)
{
    evtchn_port_t self = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    evtchn_port_t remote = (evtchn_port_t)MUST(evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF));
    evtchn_port_t local = (evtchn_port_t)MUST(evtchn_bind_interdomain(DOMID_SELF, remote));
    struct evtchn_unmask unmask = {.port = self};

    MUST(evtchn_unmask(self));
    MUST(evtchn_unmask(remote));
    bench_event("event_self_call", bench_event_call, self);
    bench_event("event_self_iretq", bench_event_iretq, self);
    bench_event("event_loopback", bench_event_call, local);
    BENCH("event_unmask", TURNS, rc |= hypercall_event_channel_op(EVTCHNOP_unmask, &unmask));
    MUST(evtchn_close(self));
    MUST(evtchn_close(local));
    MUST(evtchn_close(remote));
}

void bench_traps(void)
{
    bench_kernel_faults();
    bench_users();
    MUST(hypercall_set_trap_table(traps_table()));
    bench_events();
}
