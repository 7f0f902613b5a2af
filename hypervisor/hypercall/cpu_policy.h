/* SPDX-License-Identifier: MIT */
/* CPU policies through the door, for domctl and sysctl. */
#ifndef HYPERCALL_CPU_POLICY_H
#define HYPERCALL_CPU_POLICY_H

#include "core/cpupolicy.h"
#include "hypercall/control.h"

/* The list to the caller's array of *nr; NULL only asks how many there can be. *nr becomes how many there are. -ENOBUFS */
long policy_leaves_out(struct vcpu *v, const struct cpuid_policy *p, gva_t list, uint32_t *nr);
long policy_msrs_out(struct vcpu *v, gva_t list, uint32_t *nr);
/* -ERANGE, -EINVAL: p->err_* say where. */
long policy_set(struct vcpu *v, struct domain *d, struct xen_domctl_cpu_policy *p);

#endif
