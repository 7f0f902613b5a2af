/* SPDX-License-Identifier: MIT */
/*
 * Further domains that the boot loader brought as modules: unprivileged, built and started at boot
 * without a toolstack, to try and test things. A module is one if the first word of its line begins with
 * "domU:", as in
 *   domU:name=web;mem=64M;vcpus=2;initrd the rest is the kernel's command line
 * mem: 16M unless given. vcpus: 1. initrd: the next module is its initrd. Their output goes to the
 * hypervisor's console.
 */
#ifndef BOOT_DOMLOAD_H
#define BOOT_DOMLOAD_H

#include "boot/multiboot.h"

struct domload {
    char name[32];
    uint64_t pages;
    unsigned vcpus;
    bool initrd;
    const char *cmdline; /* the rest of the line */
};

bool domload_is_domain(const char *line);
/* False: not understood; *bad points at the item. */
bool domload_parse(const char *line, struct domload *out, const char **bad);

/* Build and unpause those among the modules from `first` on. What fails is reported and left out. */
void domload_build(const struct boot_modules *m, unsigned first);

#endif
