/* SPDX-License-Identifier: MIT */
/* The 64-bit image as one piece of a 32-bit ELF file: the form that QEMU's -kernel and GRUB take. */
        .section .image, "awx"
        .globl  start
start:
        .incbin IMAGE_FILE
        .section .note.GNU-stack, "", %progbits
