/* SPDX-License-Identifier: MIT */
/*
 * Traps: the trap table, one struct regs for every way into the kernel, replaceable handlers, and
 * "expect a fault here".
 *
 * A trap in kernel mode is offered, in this order, to: the handler set by trap_set_handler(); the
 * TRY_ASM() whose instruction faulted; the innermost try_call(). If nobody takes it: panic.
 * A trap in user mode ends user_run() (see user.h) and is offered to nobody else.
 *
 * Every trap masks events while its handler runs; the return goes by the iret hypercall, which
 * restores the mask. Each vCPU started by smp.h gets the same table.
 *
 * LIMIT: an event handler must not use expectations (nor mfn_to_pfn() and what walks tables, which
 * do): there is one struct fault per vCPU, and the handler may interrupt code about to read it.
 */
#ifndef PVGUEST_TRAPS_H
#define PVGUEST_TRAPS_H

#include "xen.h"

enum trap_vector {
    TRAP_DE = 0,
    TRAP_DB = 1,
    TRAP_NMI = 2,
    TRAP_BP = 3,
    TRAP_OF = 4,
    TRAP_BR = 5,
    TRAP_UD = 6,
    TRAP_NM = 7,
    TRAP_DF = 8,
    TRAP_TS = 10,
    TRAP_NP = 11,
    TRAP_SS = 12,
    TRAP_GP = 13,
    TRAP_PF = 14,
    TRAP_MF = 16,
    TRAP_AC = 17,
    TRAP_MC = 18,
    TRAP_XM = 19,
    TRAP_INT80 = 0x80,
    /* Not vectors of the machine: the callbacks, numbered so that one dispatcher serves all. */
    TRAP_SYSCALL = 256,
    TRAP_EVENT = 257,
    TRAP_FAILSAFE = 258,
    NR_TRAPS
};

/* In memory order, lowest address first. From rax on it is the frame of the iret hypercall. */
struct regs {
    uint64_t vector; /* enum trap_vector */
    uint64_t r15, r14, r13, r12, rbp, rbx, r10, r9, r8, rdx, rsi, rdi;
    uint64_t rax, r11, rcx;
    uint64_t error_code; /* 0 where the trap has none */
    uint64_t rip;
    uint16_t cs; /* RPL 3: from user mode, else from kernel mode */
    uint16_t pad0;
    uint8_t upcall_mask; /* As it was before the trap */
    uint8_t pad1[3];
    uint64_t rflags; /* IF = events were enabled */
    uint64_t rsp;
    uint64_t ss;
};

#define RFLAGS_CF 0x1ul
#define RFLAGS_TF 0x100ul
#define RFLAGS_IF 0x200ul
#define RFLAGS_DF 0x400ul
#define RFLAGS_IOPL 0x3000ul
#define RFLAGS_NT 0x4000ul
#define RFLAGS_AC 0x40000ul

/* Bits of a page fault's error code. */
#define PF_PRESENT 1u
#define PF_WRITE 2u
#define PF_USER 4u
#define PF_RESERVED 8u
#define PF_FETCH 16u

#define FAULT_NONE (-1)

/* What an expectation caught: vector FAULT_NONE, or the trap with its registers as they were. */
struct fault {
    int vector;
    uint64_t error_code;
    uint64_t cr2; /* Of a page fault, else 0 */
    struct regs regs;
};

/* Returns true if it dealt with the trap; *regs, perhaps changed, is then what runs next. */
typedef bool trap_handler_t(struct regs *regs);

/* Loads the trap table and callbacks of the first vCPU. Called by pv_start(). */
void traps_init(void);

/* The table as loaded: ends with an entry of address 0; smp.c gives it to further vCPUs. */
const trap_info_t *traps_table(void);

/* Replaces the handler of a vector (NULL: none); returns the old one. */
trap_handler_t *trap_set_handler(unsigned int vector, trap_handler_t *handler);

/*
 * Runs fn(arg) and says how it went: struct fault f = try_call(fn, arg). Whatever fn faults on,
 * jumps into the void included, comes back here; what fn had done until then stays done. Nests.
 */
struct fault try_call(void (*fn)(void *arg), void *arg);

/* One access that may fault. *value is untouched if it does. */
struct fault try_read(const volatile void *address, uint64_t *value);
struct fault try_read8(const volatile void *address, uint8_t *value);
struct fault try_write(volatile void *address, uint64_t value);
struct fault try_write8(volatile void *address, uint8_t value);
/* Calls the address as a function without arguments. */
struct fault try_exec(const volatile void *address);

/*
 * Instructions, in an asm string, that may fault; execution goes on behind them.
 *   struct fault f = TRY_ASM("mov %%cr3, %0", : "=r"(value) : : "memory");
 * After a fault the outputs are unspecified. The string must leave rsp as it was.
 */
#define TRY_ASM(insns, ...)                                                                        \
    ({                                                                                             \
        trap_fault_clear();                                                                        \
        asm volatile(                                                                              \
            "771: " insns "\n\tnop\n772:\n\t"                                                      \
            ".pushsection .ex_table, \"a\"\n\t.quad 771b, 772b\n\t.popsection" __VA_ARGS__);       \
        trap_fault();                                                                              \
    })

void trap_fault_clear(void);
struct fault trap_fault(void);

/* "#PF" and so on. */
const char *trap_name(unsigned int vector);

static inline bool regs_user_mode(const struct regs *regs)
{
    return (regs->cs & 3) == 3;
}

/* Private to entry.S. */
void trap_dispatch(struct regs *regs);

#endif
