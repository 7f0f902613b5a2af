/* SPDX-License-Identifier: MIT */
/* Entry from the hypervisor: rsi = start_info, everything mapped read-write, events masked. */
#include "elfnote.h"

    ELFNOTE_STRING(6, "pvguest")                  /* GUEST_OS */
    ELFNOTE_STRING(7, "1")                        /* GUEST_VERSION */
    ELFNOTE_STRING(8, "generic")                  /* LOADER */
    ELFNOTE_STRING(5, "xen-3.0")                  /* XEN_VERSION */
    ELFNOTE_ADDR(3, 0xffffffff80000000)           /* VIRT_BASE */
    ELFNOTE_ADDR(4, 0)                            /* PADDR_OFFSET */
    ELFNOTE_ADDR(1, _start)                       /* ENTRY */
    ELFNOTE_STRING(9, "yes")                      /* PAE_MODE */
    ELFNOTE_STRING(10, "pae_pgdir_above_4gb")     /* FEATURES */
    ELFNOTE_(17, .long, 0x8801)                   /* SUPPORTED_FEATURES: with bit 11, dom0 */
    ELFNOTE_ADDR(13, 1, 1)                        /* L1_MFN_VALID: mask, value */

    .section .text.start, "ax", @progbits
    .globl _start
_start:
    cld
    lea boot_stack_end(%rip), %rsp
    xor %ebp, %ebp
    mov %rsi, %rdi
    call pv_start
    ud2

    .section .bss.boot_stack, "aw", @nobits
    .balign 4096
    .skip 4 * 4096
boot_stack_end:
    .section .note.GNU-stack, "", @progbits
