/* SPDX-License-Identifier: MIT */
/* What boot/head.S, the linker scripts and the C code must agree on. */
#ifndef X86_IMAGE_H
#define X86_IMAGE_H

#define LOAD_PHYS 0x200000     /* where the loader puts the image; boot32.ld too */
#define IMAGE_MAX 0x1000000    /* mapped at the start, from LOAD_PHYS */
#define TRAMPOLINE_PHYS 0x8000 /* one page below 1 MiB, for CPUs that start in real mode */

#define BOOT_CS32 0x08
#define BOOT_DS 0x10
#define BOOT_CS64 0x18

#endif
