/* SPDX-License-Identifier: MIT */
/*
 * bootloader=: a program such as pygrub looks into the guest's first disk and says which kernel, initrd and command line it found. It is
 * called as xl calls it, on a terminal where nobody types: it must take its default by itself.
 *
 * LIMIT: it runs with our rights on what a guest wrote, and `pxl create -c` does not show it.
 */
#ifndef PXL_BOOTLOADER_H
#define PXL_BOOTLOADER_H

#include "internal.h"

struct boot {
    char folder[96];    /* with what it copied out of the disk */
    char *kernel, *ramdisk, *cmdline;
};

/* Fills b, in a folder that is named by the note of who makes the domain (making.h), so that a sweep finds it. */
int boot_find(struct pxl *p, const struct pxl_config *c, const char *folder, struct boot *b);
/* Its folder too. */
void boot_free(struct boot *b);
void boot_folder_remove(const char *folder);

#endif
