/* SPDX-License-Identifier: MIT */
#include "hypercall/cpu_policy.h"
#include "lib/string.h"

#define MSR_PLATFORM_INFO 0xceu
#define MSR_ARCH_CAPABILITIES 0x10au

long policy_leaves_out(struct vcpu *v, const struct cpuid_policy *p, gva_t list, uint32_t *nr)
{
    xen_cpuid_leaf_t *leaves;
    unsigned n;
    long rc;

    if (!list) {
        *nr = POLICY_LEAVES_MAX;
        return 0;
    }
    leaves = xnew_array(xen_cpuid_leaf_t, POLICY_LEAVES_MAX);
    if (!leaves)
        return -ENOMEM;
    n = cpupolicy_leaves(p, leaves);
    rc = n > *nr ? refuse(v->domain, ENOBUFS, POLICY_SIZE, *nr, n, 0)
                 : door_out(v, list, leaves, n * sizeof(*leaves));
    *nr = n;
    xfree(leaves);
    return rc;
}

/* Both are as if the CPU did not have them. */
long policy_msrs_out(struct vcpu *v, gva_t list, uint32_t *nr)
{
    static const xen_msr_entry_t msrs[POLICY_MSRS_MAX] = {{.idx = MSR_PLATFORM_INFO},
                                                          {.idx = MSR_ARCH_CAPABILITIES}};
    long rc = 0;

    if (list)
        rc = *nr < POLICY_MSRS_MAX ? refuse(v->domain, ENOBUFS, POLICY_SIZE, *nr, POLICY_MSRS_MAX, 0)
                                   : door_out(v, list, msrs, sizeof(msrs));
    *nr = POLICY_MSRS_MAX;
    return rc;
}

static long leaves_in(struct vcpu *v, struct cpuid_policy *new, struct xen_domctl_cpu_policy *p)
{
    for (uint32_t i = 0; i < p->nr_leaves; i++) {
        xen_cpuid_leaf_t l;

        if (door_in_obj(v, l, door_handle(p->leaves) + i * sizeof(l)))
            return -EFAULT;
        if (cpupolicy_leaf_set(new, &l)) {
            p->err_leaf = l.leaf;
            p->err_subleaf = l.subleaf;
            return refuse(v->domain, ERANGE, POLICY_LEAF, l.leaf, l.subleaf, 0);
        }
    }
    return 0;
}

/* They can be set to nothing but what they are; what other machines' ARCH_CAPABILITIES say is not shown. */
static long msrs_in(struct vcpu *v, struct xen_domctl_cpu_policy *p)
{
    for (uint32_t i = 0; i < p->nr_msrs; i++) {
        xen_msr_entry_t m;
        bool known;

        if (door_in_obj(v, m, door_handle(p->msrs) + i * sizeof(m)))
            return -EFAULT;
        known = m.idx == MSR_PLATFORM_INFO || m.idx == MSR_ARCH_CAPABILITIES;
        if (known && !m.flags && (m.idx == MSR_ARCH_CAPABILITIES || !m.val))
            continue;
        p->err_msr = m.idx;
        return refuse(v->domain, known ? EINVAL : ERANGE, POLICY_MSR, m.idx, m.val, m.flags);
    }
    return 0;
}

long policy_set(struct vcpu *v, struct domain *d, struct xen_domctl_cpu_policy *p)
{
    struct cpuid_policy *new;
    long rc;

    if (p->nr_leaves > POLICY_LEAVES_MAX || p->nr_msrs > POLICY_MSRS_MAX)
        return refuse(v->domain, E2BIG, POLICY_SIZE, p->nr_leaves, POLICY_LEAVES_MAX, p->nr_msrs);
    new = xnew(struct cpuid_policy);
    if (!new)
        return -ENOMEM;
    *new = *cpuid_policy_of(d);
    rc = leaves_in(v, new, p);
    if (!rc)
        rc = msrs_in(v, p);
    if (!rc && cpupolicy_check(new, &p->err_leaf, &p->err_subleaf))
        rc = refuse(v->domain, EINVAL, POLICY_LEAF, p->err_leaf, p->err_subleaf, 0);
    if (!rc) {
        cpuid_policy_limit(new);
        /* The domain has not run: nobody looks at the old one. */
        struct cpuid_policy *old = d->cpuid;

        d->cpuid = new;
        new = old;
    }
    xfree(new);
    return rc;
}
