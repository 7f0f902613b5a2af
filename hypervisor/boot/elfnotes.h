/* SPDX-License-Identifier: MIT */
/* The Xen notes of an ELF file, read into a kernel_plan: the half of boot/elfplan.h that knows the notes. */
#ifndef BOOT_ELFNOTES_H
#define BOOT_ELFNOTES_H

#include "boot/elfplan.h"
#include <elf.h>

struct elf_image {
    const uint8_t *data;
    uint64_t size;
};

struct note_walk {
    struct kernel_plan *plan;
    char *err;
    unsigned found; /* Xen notes seen */
};

/* Read the notes in [off, off + len) of the file. False: malformed, words in w->err. */
bool notes_walk(struct note_walk *w, const struct elf_image *im, uint64_t off, uint64_t len);

/* The same from note sections, or, when those have none, from a __xen_guest section. False also
 * when there is nothing at all. */
bool notes_from_sections(struct note_walk *w, const struct elf_image *im, const Elf64_Ehdr *eh);

#endif
