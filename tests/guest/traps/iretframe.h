/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall with any frame. iret_run() says where it led: to the frame's rip, if that is
 * iret_landing, or into a trap, whose registers are then in the result.
 */
#ifndef TRAPS_IRETFRAME_H
#define TRAPS_IRETFRAME_H

#include "harness.h"

/* In memory order: what the hypercall takes from the stack. */
struct iret_frame {
    unsigned long rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

struct landing {
    unsigned long rax, rcx, r11, rflags, cs, ss, rsp;
};

extern const char iret_landing[];
extern struct landing iret_landed;
extern long iret_enter(const struct iret_frame *frame);
extern const char iret_back[];
extern unsigned long iret_sp;

/* clang-format off */
asm(".pushsection .bss\n"
    ".balign 8\n"
    ".globl iret_landed, iret_sp\n"
    "iret_landed: .skip 7 * 8\n"
    "iret_sp: .skip 8\n"
    ".popsection\n"
    ".pushsection .text\n"
    ".globl iret_landing, iret_enter, iret_back\n"
    "iret_enter:\n\t"
    "push %rbx\n\t"
    "push %rbp\n\t"
    "push %r12\n\t"
    "push %r13\n\t"
    "push %r14\n\t"
    "push %r15\n\t"
    "mov %rsp, iret_sp(%rip)\n\t"
    ".set slot, 64\n\t"
    ".rept 9\n\t"
    "pushq slot(%rdi)\n\t"
    ".set slot, slot - 8\n\t"
    ".endr\n\t"
    "mov $0xbad0, %ecx\n\t"
    "mov $0xbad1, %r11d\n\t"
    "mov $23, %eax\n\t"
    "syscall\n\t"
    "ud2\n"
    "iret_landing:\n\t"
    "mov %rax, iret_landed(%rip)\n\t"
    "mov %rcx, iret_landed + 8(%rip)\n\t"
    "mov %r11, iret_landed + 16(%rip)\n\t"
    "mov %rsp, iret_landed + 48(%rip)\n\t"
    "mov iret_sp(%rip), %rsp\n\t"
    "pushf\n\t"
    "pop %rax\n\t"
    "mov %rax, iret_landed + 24(%rip)\n\t"
    "mov %cs, %eax\n\t"
    "mov %rax, iret_landed + 32(%rip)\n\t"
    "mov %ss, %eax\n\t"
    "mov %rax, iret_landed + 40(%rip)\n\t"
    "pushq $0x2\n\t"
    "popf\n\t"
    "xor %eax, %eax\n"
    "iret_back:\n\t"
    "mov iret_sp(%rip), %rsp\n\t"
    "pop %r15\n\t"
    "pop %r14\n\t"
    "pop %r13\n\t"
    "pop %r12\n\t"
    "pop %rbp\n\t"
    "pop %rbx\n\t"
    "ret\n"
    ".popsection\n");
/* clang-format on */

static struct fault iret_fault;
static char iret_stack[PAGE_SIZE] __attribute__((aligned(4096)));

/* Any trap on the way or at the landing: notes it and comes back on the old stack. */
static inline bool iret_on_trap(struct regs *regs)
{
    iret_fault = (struct fault){
        .vector = (int)regs->vector,
        .error_code = regs->error_code,
        .cr2 = this_cpu()->info->arch.cr2,
        .regs = *regs,
    };
    regs->rip = (unsigned long)iret_back;
    regs->cs = FLAT_KERNEL_CS & ~3;
    regs->rflags = RFLAGS_IF;
    regs->rsp = iret_sp;
    regs->ss = FLAT_KERNEL_SS;
    regs->rax = 1;
    return true;
}

/* A frame that works: kernel mode, a stack of its own, events enabled, to the landing. */
static inline struct iret_frame iret_good(void)
{
    return (struct iret_frame){
        .rax = 0x3333,
        .r11 = 0x1111,
        .rcx = 0x2222,
        .rip = (unsigned long)iret_landing,
        .cs = FLAT_KERNEL_CS & ~3,
        .rflags = RFLAGS_IF,
        .rsp = (unsigned long)iret_stack + sizeof(iret_stack) - 256,
        .ss = FLAT_KERNEL_SS,
    };
}

/* The trap it led to, or FAULT_NONE and iret_landed. Events are enabled afterwards. */
static inline struct fault iret_run(const struct iret_frame *frame)
{
    trap_handler_t *old[32];

    for (unsigned int v = 0; v < 32; v++)
        old[v] = trap_set_handler(v, iret_on_trap);
    iret_fault.vector = FAULT_NONE;
    iret_enter(frame);
    barrier();
    for (unsigned int v = 0; v < 32; v++)
        trap_set_handler(v, old[v]);
    return iret_fault;
}

#endif
