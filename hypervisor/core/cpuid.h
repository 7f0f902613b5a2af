/* SPDX-License-Identifier: MIT */
/*
 * What CPUID tells a guest. Policies are computed at boot from the host's CPUID and the table of
 * features a PV guest may have (core/cpuid.c), read-only after cpuid_init(): one for the control domain, one
 * for all others. The toolstack may give a domain its own before it runs (core/cpupolicy.h). Only the leaves that depend on the vcpu are computed when asked.
 *
 *   0x00000000-0d  basic      0x40000000-05  Xen's      0x4000f000-01  Philoxen's own
 *   0x80000000-21  extended   all others read as zeros
 *
 * A guest sees this only where it asks in the forced way (or faults): a CPUID instruction in ring 3
 * runs on the bare CPU. LIMIT: user programs see the host's CPUID; CPUID faulting is not used.
 */
#ifndef CORE_CPUID_H
#define CORE_CPUID_H

#include "core/vcpu.h"

struct cpuid_leaf {
    uint32_t a, b, c, d;
};

#define CPUID_NR_BASIC 14
#define CPUID_NR_CACHE 6
#define CPUID_NR_FEAT 3
#define CPUID_NR_XSTATE 10 /* sub-leaves 0..9 of 0xd: all that a guest may be offered */
#define CPUID_NR_EXT 0x22

/* Philoxen's leaf: a guest that knows it finds the extensions' hypercall there. */
#define CPUID_PHILOXEN 0x4000f000u

/* By the public list's names; the value is 32 * word + bit. */
#define XEN_CPUFEATURE(name, value) FEATURE_##name = (value),
enum cpu_feature {
#include <xen/arch-x86/cpufeatureset.h>
};
#undef XEN_CPUFEATURE

struct cpuid_policy {
    struct cpuid_leaf basic[CPUID_NR_BASIC];
    struct cpuid_leaf cache[CPUID_NR_CACHE];   /* leaf 4, Intel */
    struct cpuid_leaf feat[CPUID_NR_FEAT];     /* leaf 7 */
    struct cpuid_leaf xstate[CPUID_NR_XSTATE]; /* leaf 0xd */
    struct cpuid_leaf ext[CPUID_NR_EXT];
    uint64_t xcr0; /* components a guest may switch on; 0: no XSAVE */
};

enum cpu_vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD };
extern enum cpu_vendor cpu_vendor;
extern unsigned cpu_family; /* with the extended family added */

void cpuid_init(void);
/* The domain's own, if the toolstack set one, or the default for its kind. */
const struct cpuid_policy *cpuid_policy_of(const struct domain *d);

enum cpuid_system_policy {
    CPUID_POLICY_GUEST,   /* what an unprivileged domain gets */
    CPUID_POLICY_CONTROL, /* what the control domain gets */
    CPUID_POLICY_MAX,     /* what the toolstack may give */
    CPUID_POLICY_HOST,    /* the CPU's own */
    CPUID_POLICIES
};
const struct cpuid_policy *cpuid_policy_system(enum cpuid_system_policy which);
/* Take out of p what no PV guest may have, and bring what follows from other leaves into line. */
void cpuid_policy_limit(struct cpuid_policy *p);
uint32_t cpuid_policy_word(const struct cpuid_policy *p, unsigned word); /* of features; 0: there is none such */
bool cpuid_policy_has(const struct cpuid_policy *p, enum cpu_feature f);
/* Answer v's question. forced: by the kernel's forced-emulation prefix. */
void cpuid_guest(const struct vcpu *v, uint32_t leaf, uint32_t sub, bool forced,
                 struct cpuid_leaf *out);

#endif
