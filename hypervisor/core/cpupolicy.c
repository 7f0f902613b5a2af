/* SPDX-License-Identifier: MIT */
#include "core/cpupolicy.h"
#include "lib/errno.h"
#include "lib/string.h"

#define EXT 0x80000000u
#define NO_SUB XEN_CPUID_NO_SUBLEAF
#define NR_TOPOLOGY 2 /* leaf 0xb: never filled, but a list may contain it */
#define NR_XSTATE 63

static const struct cpuid_leaf zero_leaf;

static void add(xen_cpuid_leaf_t *out, unsigned *n, uint32_t leaf, uint32_t sub, const struct cpuid_leaf *l)
{
    if (*n < POLICY_LEAVES_MAX)
        out[(*n)++] = (xen_cpuid_leaf_t){leaf, sub, l->a, l->b, l->c, l->d};
}

static void add_basic(const struct cpuid_policy *p, xen_cpuid_leaf_t *out, unsigned *n, uint32_t leaf)
{
    switch (leaf) {
    case 4:
        for (unsigned i = 0; i < CPUID_NR_CACHE; i++) {
            add(out, n, leaf, i, &p->cache[i]);
            if (!(p->cache[i].a & 0x1f))
                break;
        }
        break;
    case 7:
        for (unsigned i = 0; i <= min(p->feat[0].a, CPUID_NR_FEAT - 1u); i++)
            add(out, n, leaf, i, &p->feat[i]);
        break;
    case 0xb: add(out, n, leaf, 0, &zero_leaf); break;
    case 0xd:
        for (unsigned i = 0; i < CPUID_NR_XSTATE; i++)
            if (i < 2 || (p->xcr0 & BIT(i)))
                add(out, n, leaf, i, &p->xstate[i]);
        break;
    default: add(out, n, leaf, NO_SUB, &p->basic[leaf]); break;
    }
}

unsigned cpupolicy_leaves(const struct cpuid_policy *p, xen_cpuid_leaf_t out[POLICY_LEAVES_MAX])
{
    unsigned n = 0;

    for (uint32_t i = 0; i <= min(p->basic[0].a, CPUID_NR_BASIC - 1u); i++)
        add_basic(p, out, &n, i);
    add(out, &n, 0x40000000, NO_SUB, &zero_leaf); /* Xen's leaves are not for the toolstack to change */
    add(out, &n, 0x40000100, NO_SUB, &zero_leaf);
    for (uint32_t i = 0; i <= min(p->ext[0].a & 0xffff, CPUID_NR_EXT - 1u); i++)
        add(out, &n, EXT + i, NO_SUB, &p->ext[i]);
    return n;
}

/* Where a sub-leaf is kept; &none for one that may be named but is not kept; NULL: there is none such. */
static struct cpuid_leaf *place(struct cpuid_policy *p, uint32_t leaf, uint32_t sub)
{
    static struct cpuid_leaf none;

    switch (leaf) {
    case 4: return sub < CPUID_NR_CACHE ? &p->cache[sub] : NULL;
    case 7: return sub < CPUID_NR_FEAT ? &p->feat[sub] : NULL;
    case 0xb: return sub < NR_TOPOLOGY ? &none : NULL;
    case 0xd: return sub < CPUID_NR_XSTATE ? &p->xstate[sub] : sub < NR_XSTATE ? &none : NULL;
    default: break;
    }
    if (sub != NO_SUB)
        return NULL;
    if (leaf < CPUID_NR_BASIC)
        return &p->basic[leaf];
    if (leaf == 0x40000000 || leaf == 0x40000100)
        return &none;
    return leaf >= EXT && leaf < EXT + CPUID_NR_EXT ? &p->ext[leaf - EXT] : NULL;
}

int cpupolicy_leaf_set(struct cpuid_policy *p, const xen_cpuid_leaf_t *l)
{
    struct cpuid_leaf *at = place(p, l->leaf, l->subleaf);

    if (!at)
        return -ERANGE;
    *at = (struct cpuid_leaf){l->a, l->b, l->c, l->d};
    return 0;
}

int cpupolicy_check(const struct cpuid_policy *p, uint32_t *leaf, uint32_t *subleaf)
{
    const struct cpuid_policy *most = cpuid_policy_system(CPUID_POLICY_MAX);

    *subleaf = NO_SUB;
    if (p->basic[0].a > most->basic[0].a)
        *leaf = 0;
    else if (p->ext[0].a > most->ext[0].a)
        *leaf = EXT;
    else if (p->feat[0].a > most->feat[0].a)
        *leaf = 7, *subleaf = 0;
    else
        return 0;
    return -EINVAL;
}

void cpupolicy_features(const struct cpuid_policy *p, uint32_t out[POLICY_FEATURE_WORDS])
{
    for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++)
        out[w] = cpuid_policy_word(p, w);
}
