/* SPDX-License-Identifier: MIT */
/*
 * cpuid=: xl's two syntaxes, both as a list of changes of one register of one leaf each, bit by bit:
 *   "host,sse3=0,family=6"              names of features and fields; `host` says only that it is this syntax
 *   "1:ecx=xxxx0...,edx=0x0", "0xd,1:eax=..."  leaf and subleaf, then registers, 32 characters from bit 31 down or a number
 * A bit is `1`, `0`, `x` (as guests have it by default), or `k` and `s` (as the host has it).
 */
#ifndef PXL_CPUID_H
#define PXL_CPUID_H

#include "internal.h"

#define NO_SUBLEAF 0xffffffffu /* XEN_CPUID_NO_SUBLEAF */

struct cpuid_change {
    uint32_t leaf, subleaf; /* subleaf NO_SUBLEAF: whatever it has */
    unsigned reg;           /* 0 to 3: eax, ebx, ecx, edx */
    char bits[32];          /* bit 31 first */
};

/* Into a malloc'ed list; 0 or -1 with a fault that names the part. */
int cpuid_parse(struct pxl *p, const struct pxl_strings *text, struct cpuid_change **list, unsigned *n);
/* value, with what the change says of it. */
uint32_t cpuid_apply(const struct cpuid_change *c, uint32_t value, uint32_t host);

#endif
