/* SPDX-License-Identifier: MIT */
/*
 * A kernel file made ready for loading: an ELF file is used where it lies, a bzImage is unpacked into
 * frames of the heap, which image_close() gives back.
 *
 * LIMIT: the unpacked kernel and an xz dictionary each need one run of free frames, which a
 * fragmented or very small machine may not have; it then says so.
 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "boot/elfplan.h"
#include "core/frame.h"

struct kernel_image {
    const uint8_t *elf;
    size_t size;
    mfn_t scratch; /* MFN_INVALID: nothing to give back */
    uint64_t scratch_pages;
    char kind[48]; /* "ELF", "bzImage 2.15, xz": for a message */
};

/* True, or false and the words in err[PLAN_ERROR]. */
bool image_open(struct kernel_image *im, const void *file, size_t size, char *err);
void image_close(struct kernel_image *im);

/* Run of frames of any length, not cleaned; MFN_INVALID if there is none. */
mfn_t run_alloc(uint64_t pages);
void run_free(mfn_t m, uint64_t pages);

/* Around the unpacking libraries: what they want of the CPU (boot/libc.c). */
void unpack_enter(void);
void unpack_leave(void);

#endif
