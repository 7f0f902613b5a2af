/* SPDX-License-Identifier: MIT */
#include "pvguest.h"

extern const unsigned long exception_entries[32];
extern const char entry_int80[], entry_syscall[], entry_event[], entry_failsafe[], try_leave[];
extern long try_enter(void (*fn)(void *), void *arg);

struct ex_entry {
    unsigned long start, end; /* A trap with rip in [start, end) resumes at end. */
};
extern const struct ex_entry _ex_table_start[], _ex_table_end[];

static trap_handler_t *handlers[NR_TRAPS];
static trap_info_t table[34];

#define TI_MASK_EVENTS 4

static const char *const names[32] = {
    "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9",   "#TS",
    "#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

const char *trap_name(unsigned int vector)
{
    if (vector < 32 && names[vector])
        return names[vector];
    switch (vector) {
    case TRAP_INT80: return "int 0x80";
    case TRAP_SYSCALL: return "syscall";
    case TRAP_EVENT: return "event";
    case TRAP_FAILSAFE: return "failsafe";
    }
    return "unknown";
}

static void fill_table(void)
{
    unsigned int n = 0;

    for (unsigned int v = 0; v < 32; v++) {
        unsigned int dpl = v == TRAP_BP || v == TRAP_OF ? 3 : 0;

        table[n++] = (trap_info_t){
            .vector = v,
            .flags = dpl | TI_MASK_EVENTS,
            .cs = FLAT_KERNEL_CS,
            .address = exception_entries[v],
        };
    }
    table[n++] = (trap_info_t){
        .vector = TRAP_INT80,
        .flags = 3 | TI_MASK_EVENTS,
        .cs = FLAT_KERNEL_CS,
        .address = (unsigned long)entry_int80,
    };
}

const trap_info_t *traps_table(void)
{
    return table;
}

static void register_callback(unsigned int type, const char *entry)
{
    struct callback_register cb = {
        .type = type,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)entry,
    };

    MUST(hypercall_callback_op(CALLBACKOP_register, &cb));
}

void traps_init(void)
{
    fill_table();
    MUST(hypercall_set_trap_table(table));
    register_callback(CALLBACKTYPE_event, entry_event);
    register_callback(CALLBACKTYPE_failsafe, entry_failsafe);
    register_callback(CALLBACKTYPE_syscall, entry_syscall);
}

trap_handler_t *trap_set_handler(unsigned int vector, trap_handler_t *handler)
{
    trap_handler_t *old = handlers[vector];

    handlers[vector] = handler;
    return old;
}

/* If somebody expected this fault: notes it and lets execution go on where they said. */
static bool expected(struct regs *regs)
{
    struct cpu *c = this_cpu();
    struct fault fault = {
        .vector = (int)regs->vector,
        .error_code = regs->error_code,
        .cr2 = regs->vector == TRAP_PF ? c->info->arch.cr2 : 0,
        .regs = *regs,
    };

    for (const struct ex_entry *e = _ex_table_start; e < _ex_table_end; e++) {
        if (regs->rip >= e->start && regs->rip < e->end) {
            c->fault = fault;
            regs->rip = e->end;
            return true;
        }
    }
    if (c->try_sp) {
        c->fault = fault;
        regs->rip = (unsigned long)try_leave;
        regs->rax = 1;
        regs->rflags &= ~RFLAGS_DF;
        return true;
    }
    return false;
}

void trap_dispatch(struct regs *regs)
{
    trap_handler_t *handler = regs->vector < NR_TRAPS ? handlers[regs->vector] : NULL;

    if (regs->vector == TRAP_EVENT) {
        if (!handler || !handler(regs))
            events_upcall();
        return;
    }
    if (regs_user_mode(regs))
        user_trap(regs);
    if (handler && handler(regs))
        return;
    if (!expected(regs))
        panic_regs(regs, "unexpected %s, error code %lx, at %lx, cr2 %lx", trap_name(regs->vector),
                   regs->error_code, regs->rip, this_cpu()->info->arch.cr2);
}

void trap_fault_clear(void)
{
    this_cpu()->fault.vector = FAULT_NONE;
}

struct fault trap_fault(void)
{
    barrier();
    return this_cpu()->fault;
}

struct fault try_call(void (*fn)(void *arg), void *arg)
{
    if (try_enter(fn, arg) == 0)
        trap_fault_clear();
    return trap_fault();
}

struct fault try_read(const volatile void *address, uint64_t *value)
{
    uint64_t v = 0;
    struct fault f = TRY_ASM("mov (%1), %0", : "=&r"(v) : "r"(address) : "memory");

    if (f.vector == FAULT_NONE)
        *value = v;
    return f;
}

struct fault try_read8(const volatile void *address, uint8_t *value)
{
    uint8_t v = 0;
    struct fault f = TRY_ASM("movb (%1), %0", : "=&q"(v) : "r"(address) : "memory");

    if (f.vector == FAULT_NONE)
        *value = v;
    return f;
}

struct fault try_write(volatile void *address, uint64_t value)
{
    return TRY_ASM("mov %0, (%1)", : : "r"(value), "r"(address) : "memory");
}

struct fault try_write8(volatile void *address, uint8_t value)
{
    return TRY_ASM("movb %0, (%1)", : : "q"(value), "r"(address) : "memory");
}

static void call_address(void *address)
{
    ((void (*)(void))address)();
}

struct fault try_exec(const volatile void *address)
{
    return try_call(call_address, (void *)address);
}
