/* SPDX-License-Identifier: MIT */
/*
 * The shortest handlers that a guest can have, and the user code that is measured. What the
 * hypervisor pushes, low to high, and what the iret hypercall takes:
 *
 *   rcx  r11  [error code]  rip  cs  rflags  rsp  ss
 *   rax  r11  rcx  flags    rip  cs  rflags  rsp  ss
 *
 * A faulting instruction is always FAULT_LENGTH bytes long, and is skipped.
 */
#define NR_IRET 23
#define IRET_IN_SYSCALL 0x100
#define FAULT_LENGTH 2
#define KERNEL_CS 0xe033 /* as iretq must have it: with RPL 3, because the kernel is in ring 3 */

#define VCPU_PENDING 0 /* struct vcpu_info, first in shared_info */
#define VCPU_MASK 1
#define VCPU_SELECTOR 8
#define EVTCHN_PENDING 2048 /* in shared_info; ports are below 64 */

    .text

/* rsp -> flags  rip  cs  rflags  rsp  ss; rcx and r11 as they were */
.macro IRET_CALL
    push %rcx
    push %r11
    push %rax
    mov $NR_IRET, %eax
    syscall
.endm

/* void bench_iret(void): to the next instruction, kernel to kernel. */
    .globl bench_iret
bench_iret:
    mov %rsp, %rcx
    push $0
    movl $0xe02b, (%rsp)
    push %rcx
    pushf
    push $0
    movl $0xe030, (%rsp)
    lea 1f(%rip), %rcx
    push %rcx
    push $0
    IRET_CALL
1:  ret

    .globl bench_fault_iretq
bench_fault_iretq:
    pop %rcx
    pop %r11
    add $8, %rsp
    addq $FAULT_LENGTH, (%rsp)
    movl $KERNEL_CS, 8(%rsp)
    iretq

/* Also for faults of user mode. */
    .globl bench_fault_call
bench_fault_call:
    pop %rcx
    pop %r11
    movq $0, (%rsp)
    addq $FAULT_LENGTH, 8(%rsp)
    IRET_CALL

    .globl bench_syscall, bench_syscall_fast
bench_syscall:
    pop %rcx
    pop %r11
    push $0
    IRET_CALL

/* Says that the return comes from a system call, so rcx and r11 need not survive. */
bench_syscall_fast:
    pop %rcx
    pop %r11
    push $IRET_IN_SYSCALL
    IRET_CALL

/* An upcall comes at the end of a hypercall, which has spoiled rcx and r11 anyway. */
.macro EVENT_TAKEN
    add $16, %rsp
    incq bench_upcalls(%rip)
    mov shared_info(%rip), %rcx
    movb $0, VCPU_PENDING(%rcx)
    movq $0, VCPU_SELECTOR(%rcx)
    movq $0, EVTCHN_PENDING(%rcx)
.endm

    .globl bench_event_iretq
bench_event_iretq:
    EVENT_TAKEN
    movl $KERNEL_CS, 8(%rsp)
    movb $0, VCPU_MASK(%rcx)
    iretq

    .globl bench_event_call
bench_event_call:
    EVENT_TAKEN
    push $0
    IRET_CALL

/*
 * User code, copied to its page: rbx turns of a system call, of a fault at the address in rdi, or
 * of nothing, with the time before and after in r14 and r15; ends by an invalid instruction.
 */
.macro READ_TSC to
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, \to
.endm

.macro USER_LOOP name, insn:vararg
    .globl \name, \name\()_end
\name:
    READ_TSC %r14
1:  \insn
    dec %rbx
    jnz 1b
    READ_TSC %r15
    ud2
\name\()_end:
.endm

    .section .rodata
    USER_LOOP bench_user_syscall, syscall
    USER_LOOP bench_user_fault, mov (%rdi), %eax
    USER_LOOP bench_user_nothing

    .section .note.GNU-stack, "", @progbits
