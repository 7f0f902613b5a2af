/* SPDX-License-Identifier: MIT */
/*
 * Ways into the kernel. What the hypervisor pushes, low to high:
 *
 *   rcx  r11  [error code]  rip  cs|upcall_mask<<32  rflags  rsp  ss
 *
 * and what the iret hypercall takes back, which is why struct regs (traps.h) ends like this:
 *
 *   rax  r11  rcx  flags    rip  cs                  rflags  rsp  ss
 *
 * The error code's place is that of the flags, which must be 0 for a full restore.
 */
#include "cpu.h"

#define FLAT_KERNEL_SS 0xe02b
#define NR_STACK_SWITCH 3
#define NR_IRET 23
#define REGS_QWORDS 22

    .text

.macro ENTRY name, vector, has_error
    .globl \name
\name:
    pop %rcx
    pop %r11
    .if \has_error == 0
    push $0
    .endif
    push %rcx
    push %r11
    push %rax
    mov $\vector, %eax
    jmp trap_common
.endm

trap_common:
    cld
    push %rdi
    push %rsi
    push %rdx
    push %r8
    push %r9
    push %r10
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %rax
    mov %rsp, %rdi
    call trap_dispatch

trap_return: /* rsp -> struct regs */
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r10
    pop %r9
    pop %r8
    pop %rdx
    pop %rsi
    pop %rdi
    movq $0, 24(%rsp)
    mov $NR_IRET, %eax
    syscall
    ud2

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30. */
#define ERROR_CODE_VECTORS 0x60227d00

    .altmacro
.macro EXCEPTION vector
    ENTRY entry_\vector, \vector, (ERROR_CODE_VECTORS >> \vector) & 1
.endm
    .set vector, 0
    .rept 32
    EXCEPTION %vector
    .set vector, vector + 1
    .endr
    .noaltmacro

    ENTRY entry_int80, 0x80, 0
    ENTRY entry_syscall, 256, 0
    ENTRY entry_event, 257, 0

    .globl entry_failsafe
entry_failsafe: /* rcx r11 ds es fs gs rip ...: the selectors are of no use to us */
    pop %rcx
    pop %r11
    add $32, %rsp
    push $0
    push %rcx
    push %r11
    push %rax
    mov $258, %eax
    jmp trap_common

    .section .rodata
    .balign 8
    .globl exception_entries
exception_entries:
    .altmacro
.macro EXCEPTION_ADDRESS vector
    .quad entry_\vector
.endm
    .set vector, 0
    .rept 32
    EXCEPTION_ADDRESS %vector
    .set vector, vector + 1
    .endr
    .noaltmacro
    .text

.macro PUSH_SAVED
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm
.macro POP_SAVED
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
.endm

/* long user_enter(const struct regs *regs): 0 through user_leave(), or an error. */
    .globl user_enter
user_enter:
    PUSH_SAVED
    push %gs:CPU_TRY_SP
    movq $0, %gs:CPU_TRY_SP
    push %gs:CPU_USER_SP
    mov %rsp, %gs:CPU_USER_SP
    mov %rdi, %rbx
    mov $FLAT_KERNEL_SS, %edi
    mov %rsp, %rsi
    mov $NR_STACK_SWITCH, %eax
    syscall
    test %rax, %rax
    jnz user_leave_asm
    mov %rbx, %rsi
    sub $(REGS_QWORDS * 8), %rsp
    mov %rsp, %rdi
    mov $REGS_QWORDS, %ecx
    rep movsq
    jmp trap_return

/* noreturn: unwinds the stack to where user_enter() was called. */
    .globl user_leave
user_leave:
    xor %eax, %eax
user_leave_asm:
    mov %gs:CPU_USER_SP, %rsp
    pop %gs:CPU_USER_SP
    pop %gs:CPU_TRY_SP
    POP_SAVED
    ret

/* long try_enter(void (*fn)(void *), void *arg): 0 from fn, or rax from a jump to try_leave. */
    .globl try_enter, try_leave
try_enter:
    PUSH_SAVED
    push %gs:CPU_TRY_SP
    mov %rsp, %gs:CPU_TRY_SP
    mov %rdi, %rax
    mov %rsi, %rdi
    call *%rax
    xor %eax, %eax
try_leave:
    mov %gs:CPU_TRY_SP, %rsp
    pop %gs:CPU_TRY_SP
    POP_SAVED
    ret

/* void thread_switch(unsigned long *save_rsp, unsigned long load_rsp) */
    .globl thread_switch
thread_switch:
    PUSH_SAVED
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    POP_SAVED
    ret

/* First code on a further vCPU: its stack and gs base were set by its context; rdi = struct cpu. */
    .globl smp_entry
smp_entry:
    xor %ebp, %ebp
    call smp_main
    ud2
    .section .note.GNU-stack, "", @progbits
