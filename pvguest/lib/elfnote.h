/* SPDX-License-Identifier: MIT */
/* ELF notes of owner "Xen", for the assembler files: the contract with whoever loads the guest. */
#ifndef PVGUEST_ELFNOTE_H
#define PVGUEST_ELFNOTE_H

/* clang-format off */
#define ELFNOTE_(type, kind, ...)            \
    .pushsection .note.Xen, "a", @note;      \
    .balign 4;                               \
    .long 4, 9f - 8f, type;                  \
    .asciz "Xen";                            \
8:  kind __VA_ARGS__;                        \
9:  .balign 4;                               \
    .popsection
/* clang-format on */

#define ELFNOTE_ADDR(type, ...) ELFNOTE_(type, .quad, __VA_ARGS__)
#define ELFNOTE_STRING(type, string) ELFNOTE_(type, .asciz, string)

#endif
