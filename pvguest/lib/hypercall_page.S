/* SPDX-License-Identifier: MIT */
/* The page that the hypervisor fills with one 32-byte stub per hypercall, named by its ELF note. */
#include "elfnote.h"

    .section .text.hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

    ELFNOTE_ADDR(2, hypercall_page) /* HYPERCALL_PAGE */
    .section .note.GNU-stack, "", @progbits
