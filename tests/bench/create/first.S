/* SPDX-License-Identifier: MIT */
/*
 * A guest whose first instruction reads the TSC; it leaves the value at the end of its store ring's page, which Dom0 can map on every
 * hypervisor (a release build of Xen prints nothing for guests), and sleeps.
 */
#include "elfnote.h"

    ELFNOTE_STRING(6, "first")                    /* GUEST_OS */
    ELFNOTE_STRING(8, "generic")                  /* LOADER */
    ELFNOTE_STRING(5, "xen-3.0")                  /* XEN_VERSION */
    ELFNOTE_ADDR(3, 0xffffffff80000000)           /* VIRT_BASE */
    ELFNOTE_ADDR(4, 0)                            /* PADDR_OFFSET */
    ELFNOTE_ADDR(1, _start)                       /* ENTRY */
    ELFNOTE_STRING(9, "yes")                      /* PAE_MODE */

#define SCHED_OP 29
#define SCHEDOP_poll 3
#define START_INFO_STORE_MFN 56
#define M2P 0xffff800000000000
#define VIRT_BASE 0xffffffff80000000
#define FIRST_AT 4088

    .section .text.start, "ax", @progbits
    .globl _start
_start:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov START_INFO_STORE_MFN(%rsi), %rcx
    movabs $M2P, %rdx
    mov (%rdx, %rcx, 8), %rcx
    shl $12, %rcx
    add $VIRT_BASE, %rcx
    mov %rax, FIRST_AT(%rcx)
1:  mov $SCHEDOP_poll, %edi                       /* no ports, no timeout */
    lea poll(%rip), %rsi
    mov $SCHED_OP, %eax
    syscall
    jmp 1b

    .section .data, "aw", @progbits
    .balign 8
poll:
    .quad 0, 0, 0
    .section .note.GNU-stack, "", @progbits
