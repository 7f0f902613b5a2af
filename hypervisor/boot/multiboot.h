/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader hands over, by multiboot 1 (qemu -kernel) or 2 (GRUB), in one form.
 * The parser is pure C over a window of memory and trusts nothing in it: every address and length
 * is checked against the window, every string is copied.
 */
#ifndef BOOT_MULTIBOOT_H
#define BOOT_MULTIBOOT_H

#include "core/e820.h"

#define MULTIBOOT1_MAGIC 0x2badb002u /* in eax at entry */
#define MULTIBOOT2_MAGIC 0x36d76289u

#define BOOT_MODULES_MAX 16
#define BOOT_STRINGS 16384 /* all command lines together */

/* One module: machine addresses [start, end), and its words without the file name. The memory is
 * reserved until the first domain has been built; whoever consumed it may give it to heap_add(). */
struct boot_module {
    maddr_t start, end;
    const char *cmdline; /* never NULL */
};

struct boot_modules {
    unsigned
        count; /* [0]: first domain's kernel; [1]: its initrd; further ones as the loader gave */
    struct boot_module mod[BOOT_MODULES_MAX];
};

struct boot_info {
    struct e820_map e820; /* as found; unsorted */
    struct boot_modules modules;
    const char *cmdline; /* never NULL, without the hypervisor's own file name */
    const char *loader;  /* never NULL */
    uint8_t rsdp[36];    /* copy of the ACPI root pointer, rsdp_len 0: not handed over */
    unsigned rsdp_len;
    char strings[BOOT_STRINGS]; /* where the strings above live */
    unsigned strings_used;
};

/* Machine memory [0, size) as the parser may read it. */
struct boot_window {
    const uint8_t *base;
    uint64_t size;
};

/* 0, or -EINVAL: not multiboot, or what it says does not lie in the window. */
int multiboot_parse(const struct boot_window *w, uint32_t magic, maddr_t info,
                    struct boot_info *out);

/* Builds the first domain from the modules (boot/dom0.c and others). 0 or -errno, reported. */
int dom0_build(const struct boot_modules *m);

#endif
