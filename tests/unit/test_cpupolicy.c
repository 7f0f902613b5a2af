/* SPDX-License-Identifier: MIT */
/* LINK: core/cpuid.c core/cpupolicy.c */
/* Checks [CPU-1] [TOOL-1]. */
#include "core/cpupolicy.h"
#include "fake_emul.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct domain *d;
static xen_cpuid_leaf_t list[POLICY_LEAVES_MAX];
static struct cpuid_policy p;

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_cpuid_qemu64();
    d = fake_domain(1, 1, false);
    cpuid_init();
    p = *cpuid_policy_of(d);
}

TestSuite(cpupolicy, .init = setup);

static const xen_cpuid_leaf_t *find(unsigned n, uint32_t leaf, uint32_t sub)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i].leaf == leaf && list[i].subleaf == sub)
            return &list[i];
    return NULL;
}

Test(cpupolicy, a_list_set_again_makes_the_same_policy)
{
    struct cpuid_policy again = {.xcr0 = p.xcr0};
    unsigned n = cpupolicy_leaves(&p, list);

    cr_assert_gt(n, 40);
    cr_assert_leq(n, POLICY_LEAVES_MAX);
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(cpupolicy_leaf_set(&again, &list[i]), 0, "leaf %x", list[i].leaf);
    cr_assert_eq(memcmp(&p, &again, sizeof(p)), 0);
    cpuid_policy_limit(&again);
    cr_assert_eq(memcmp(&p, &again, sizeof(p)), 0, "and it is within the limits");
}

Test(cpupolicy, leaves_have_sub_leaves_or_none_as_the_tools_expect)
{
    unsigned n = cpupolicy_leaves(&p, list);

    cr_assert_not_null(find(n, 0, XEN_CPUID_NO_SUBLEAF));
    cr_assert_not_null(find(n, 4, 0));
    cr_assert_not_null(find(n, 7, 0));
    cr_assert_not_null(find(n, 0xd, 1));
    cr_assert_not_null(find(n, 0x40000000, XEN_CPUID_NO_SUBLEAF));
    cr_assert_not_null(find(n, 0x80000021, XEN_CPUID_NO_SUBLEAF));
    cr_assert_null(find(n, 7, XEN_CPUID_NO_SUBLEAF));
}

Test(cpupolicy, what_there_is_not_cannot_be_set)
{
    static const struct {
        uint32_t leaf, sub;
    } bad[] = {{0, 0},  {4, 6},          {7, 3},     {7, XEN_CPUID_NO_SUBLEAF}, {0xb, 2},
               {0xe, 0}, {0xd, 63},       {0xe, ~0u}, {0x40000001, ~0u},         {0x80000022, ~0u},
               {0x1234, ~0u}, {0x7fffffff, ~0u}, {~0u, ~0u}};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        xen_cpuid_leaf_t l = {bad[i].leaf, bad[i].sub, 1, 1, 1, 1};

        cr_assert_eq(cpupolicy_leaf_set(&p, &l), -ERANGE, "leaf %x.%x", l.leaf, l.subleaf);
    }
}

Test(cpupolicy, more_leaves_than_the_cpu_has_are_refused)
{
    uint32_t leaf, sub;

    cr_assert_eq(cpupolicy_check(&p, &leaf, &sub), 0);
    p.basic[0].a = 0xffff;
    cr_assert_eq(cpupolicy_check(&p, &leaf, &sub), -EINVAL);
    cr_assert_eq(leaf, 0);
    p = *cpuid_policy_of(d);
    p.ext[0].a = 0x80001000;
    cr_assert_eq(cpupolicy_check(&p, &leaf, &sub), -EINVAL);
    cr_assert_eq(leaf, 0x80000000);
    p = *cpuid_policy_of(d);
    p.feat[0].a = 9;
    cr_assert_eq(cpupolicy_check(&p, &leaf, &sub), -EINVAL);
    cr_assert_eq(leaf, 7);
}

Test(cpupolicy, a_policy_of_all_bits_is_cut_to_what_pv_guests_may_have)
{
    const struct cpuid_policy *most = cpuid_policy_system(CPUID_POLICY_MAX);
    uint32_t words[POLICY_FEATURE_WORDS], limit[POLICY_FEATURE_WORDS];

    memset(&p, 0xff, sizeof(p));
    cpuid_policy_limit(&p);
    cpupolicy_features(&p, words);
    cpupolicy_features(most, limit);
    for (unsigned w = 0; w < POLICY_FEATURE_WORDS; w++)
        cr_assert_eq(words[w] & ~limit[w], 0, "word %u: %x, allowed %x", w, words[w], limit[w]);
    cr_assert_eq(p.basic[0].a, most->basic[0].a);
    cr_assert_eq(p.xcr0 & ~most->xcr0, 0);
}

Test(cpupolicy, lower_limits_take_the_leaves_above_with_them)
{
    p.basic[0].a = 2;
    p.ext[0].a = 0x80000004;
    cpuid_policy_limit(&p);
    cr_assert_eq(p.feat[0].b, 0);
    cr_assert_eq(p.ext[8].a, 0);
    cr_assert_neq(p.ext[1].d, 0);
    cr_assert_eq(p.basic[1].c >> 31, 1, "a guest always sees that there is a hypervisor");
}

Test(cpupolicy, a_domain_sees_its_own_policy)
{
    struct cpuid_leaf l;

    p.basic[1].c &= ~1u; /* SSE3 */
    d->cpuid = &p;
    cpuid_guest(d->vcpus[0], 1, 0, true, &l);
    cr_assert_eq(l.c & 1, 0);
    d->cpuid = NULL;
    cpuid_guest(d->vcpus[0], 1, 0, true, &l);
    cr_assert_eq(l.c & 1, 1);
}
