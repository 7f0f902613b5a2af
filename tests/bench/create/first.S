/* SPDX-License-Identifier: MIT */
/* A guest whose first instruction reads the TSC; it says the value by the hypervisor's console and sleeps. */
#include "elfnote.h"

    ELFNOTE_STRING(6, "first")                    /* GUEST_OS */
    ELFNOTE_STRING(8, "generic")                  /* LOADER */
    ELFNOTE_STRING(5, "xen-3.0")                  /* XEN_VERSION */
    ELFNOTE_ADDR(3, 0xffffffff80000000)           /* VIRT_BASE */
    ELFNOTE_ADDR(4, 0)                            /* PADDR_OFFSET */
    ELFNOTE_ADDR(1, _start)                       /* ENTRY */
    ELFNOTE_STRING(9, "yes")                      /* PAE_MODE */

#define CONSOLE_IO 18
#define SCHED_OP 29
#define SCHEDOP_poll 3

    .section .text.start, "ax", @progbits
    .globl _start
_start:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    lea digits(%rip), %rdi
    mov $16, %ecx
1:  rol $4, %rax
    mov %eax, %edx
    and $15, %edx
    lea hex(%rip), %rsi
    mov (%rsi, %rdx), %dl
    mov %dl, (%rdi)
    inc %rdi
    loop 1b
    xor %edi, %edi                                /* CONSOLEIO_write */
    mov $line_end - line, %esi
    lea line(%rip), %rdx
    mov $CONSOLE_IO, %eax
    syscall
2:  mov $SCHEDOP_poll, %edi                       /* no ports, no timeout */
    lea poll(%rip), %rsi
    mov $SCHED_OP, %eax
    syscall
    jmp 2b

    .section .data, "aw", @progbits
line:
    .ascii "first "
digits:
    .ascii "0000000000000000\n"
line_end:
hex:
    .ascii "0123456789abcdef"
    .balign 8
poll:
    .quad 0, 0, 0
    .section .note.GNU-stack, "", @progbits
