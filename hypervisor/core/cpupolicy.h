/* SPDX-License-Identifier: MIT */
/*
 * CPU policies as the toolstack handles them: a list of CPUID leaves. It reads the hypervisor's,
 * edits one and sets it for a domain that has not run yet; what a guest then sees is that, limited to what PV
 * guests may have at all (core/cpuid.h).
 */
#ifndef CORE_CPUPOLICY_H
#define CORE_CPUPOLICY_H

#include "core/cpuid.h"
#include <xen/xen.h>

#define POLICY_LEAVES_MAX 120 /* what Xen 4.17 says; more than there are */
#define POLICY_MSRS_MAX 2
#define POLICY_FEATURE_WORDS 19

/* Each leaf and sub-leaf of p in order: how many. */
unsigned cpupolicy_leaves(const struct cpuid_policy *p, xen_cpuid_leaf_t out[POLICY_LEAVES_MAX]);
/* Put one into p: -ERANGE there is none such. */
int cpupolicy_leaf_set(struct cpuid_policy *p, const xen_cpuid_leaf_t *l);
/* More leaves than there can be? -EINVAL, with which. */
int cpupolicy_check(const struct cpuid_policy *p, uint32_t *leaf, uint32_t *subleaf);
void cpupolicy_features(const struct cpuid_policy *p, uint32_t out[POLICY_FEATURE_WORDS]);

#endif
