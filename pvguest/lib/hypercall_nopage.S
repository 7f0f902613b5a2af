/* SPDX-License-Identifier: MIT */
/*
 * The stubs of a guest that asks for no hypercall page (no ELF note): the same layout as the page
 * the hypervisor would have filled, so that callers need not know. Stub 23 (iret) is never called.
 */
    .section .text.hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .set number, 0
    .rept 64
    .balign 32
    push %rcx
    push %r11
    mov $number, %eax
    syscall
    pop %r11
    pop %rcx
    ret
    .set number, number + 1
    .endr
    .section .note.GNU-stack, "", @progbits
