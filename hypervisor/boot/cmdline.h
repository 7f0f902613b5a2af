/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's command line: blank-separated name[=value] words, as documented in SPEC.md.
 * Xen's names and forms where Xen has the option. Unknown words are reported by name, never fatal.
 */
#ifndef BOOT_CMDLINE_H
#define BOOT_CMDLINE_H

#include "lib/types.h"
#include "x86/console.h"

#define CMDLINE_REPORTS 8

struct boot_options {
    struct console_config console;
    /* dom0_mem=SIZE | min:SIZE | max:SIZE, comma-separated; 0: not given; negative: all RAM but
     * that much. */
    int64_t dom0_mem, dom0_mem_min, dom0_mem_max;
    unsigned dom0_max_vcpus;     /* 0: one for each CPU */
    unsigned maxcpus;            /* 0: all */
    bool noreboot;               /* halt where the machine would be reset */
    bool debug_panic;            /* panic at the end of the boot, for the tests */
    char sched[16];              /* policy name, "" = default */

    /* Words not understood, to be told once there is a console. */
    unsigned reports;
    struct {
        char name[24];
        bool bad_value;
        const char *nearest; /* the option that was meant, perhaps; or NULL */
    } report[CMDLINE_REPORTS];
};

extern struct boot_options opt;

void cmdline_parse(struct boot_options *o, const char *line);

/* A size in Xen's syntax: number and B, K, M, G or T; without a letter KiB. */
bool cmdline_size(const char *s, const char **end, uint64_t *bytes);

#endif
