/* SPDX-License-Identifier: MIT */
/* LINK: core/cpuid.c */
/* Checks [CPU-1] [CPU-2] [CPU-3]. */
#include "core/cpuid.h"
#include "core/emulate.h"
#include "fake_emul.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct vcpu *control, *other;

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_cpuid_qemu64();
    control = fake_domain(0, 1, true)->vcpus[0];
    other = fake_domain(1, 1, false)->vcpus[0];
    cpuid_init();
}

TestSuite(cpuid, .init = setup);

static struct cpuid_leaf ask(const struct vcpu *v, uint32_t leaf, uint32_t sub)
{
    struct cpuid_leaf l = {1, 2, 3, 4};

    cpuid_guest(v, leaf, sub, true, &l);
    return l;
}

static bool is_zero(struct cpuid_leaf l)
{
    return !l.a && !l.b && !l.c && !l.d;
}

Test(cpuid, vendor_and_maximum_are_the_hosts)
{
    struct cpuid_leaf l = ask(control, 0, 0);

    cr_assert_eq(l.a, 0xd);
    cr_assert_eq(l.b, 0x68747541);
    cr_assert_eq(l.d, 0x69746e65);
    cr_assert_eq(l.c, 0x444d4163);
    cr_assert_eq(cpu_vendor, VENDOR_AMD);
    cr_assert_eq(cpu_family, 15 + 0);
}

Test(cpuid, what_a_pv_kernel_cannot_use_is_hidden)
{
    uint32_t d = ask(control, 1, 0).d, c = ask(control, 1, 0).c;

    /* vme pse sep pge pse36 */
    cr_assert_eq(d & (1 << 1 | 1 << 3 | 1 << 11 | 1 << 13 | 1 << 17), 0);
    /* fpu tsc msr pae cx8 cmov pat clflush mmx fxsr sse sse2 */
    cr_assert_eq(d & 0x07898171, 0x07898171);
    cr_assert_eq(c >> 31, 1);
    cr_assert_eq(ask(control, 7, 0).b, 0);              /* smep */
    cr_assert_eq(ask(control, 0x80000001, 0).c & 4, 0); /* svm */
    cr_assert(is_zero(ask(control, 0x8000000a, 0)));
    cr_assert(is_zero(ask(control, 5, 0)));
    cr_assert(is_zero(ask(control, 6, 0)));
}

Test(cpuid, the_local_apic_and_memory_types_are_the_control_domains)
{
    cr_assert(ask(control, 1, 0).d & 1 << 12);
    cr_assert(!(ask(other, 1, 0).d & 1 << 12));
    cr_assert(ask(control, 1, 0).d & 1 << 9);
    cr_assert(!(ask(other, 1, 0).d & 1 << 9));
    cr_assert(!(ask(other, 0x80000001, 0).d & 1 << 9));
    cr_assert_eq(ask(other, 1, 0).b >> 16, 0);
    cr_assert_eq(ask(control, 1, 0).b >> 16, 2);
}

Test(cpuid, amd_repeats_the_masked_features_in_the_extended_leaf)
{
    uint32_t d = ask(control, 0x80000001, 0).d;

    cr_assert_eq(d & (1 << 3 | 1 << 13), 0);
    cr_assert_eq(d & 0x0183f3ff, ask(control, 1, 0).d & 0x0183f3ff);
    cr_assert_eq(d & (1u << 29 | 1 << 20 | 1 << 11), 1u << 29 | 1 << 20 | 1 << 11);
}

Test(cpuid, lfence_is_serialising_on_amd)
{
    cr_assert_eq(ask(control, 0x80000000, 0).a, 0x80000021);
    cr_assert_eq(ask(control, 0x80000021, 0).a, 4);
}

Test(cpuid, linear_addresses_have_48_bits)
{
    fake_cpuid_set(0x80000008, 0, (struct cpuid_leaf){0x303928, 0, 0x1001, 7});
    cpuid_init();
    cr_assert_eq(ask(control, 0x80000008, 0).a, 0x3028);
    cr_assert_eq(ask(other, 0x80000008, 0).c, 0);
    cr_assert_eq(ask(control, 0x80000008, 0).c, 0x1001);
}

Test(cpuid, leaves_outside_the_ranges_are_zero)
{
    static const uint32_t leaves[] = {0xe,        0x10,       0x3fffffff, 0x40000004, 0x40000006,
                                      0x40000100, 0x4000ff00, 0x50000000, 0x8000000b, 0x80000022,
                                      0x80000100, 0xc0000000, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++)
        cr_assert(is_zero(ask(control, leaves[i], 0)), "%x", leaves[i]);
    cr_assert(is_zero(ask(control, 7, 3)));
    cr_assert(is_zero(ask(control, 7, ~0u)));
    cr_assert(is_zero(ask(control, 4, ~0u)));
    cr_assert(is_zero(ask(control, 0xd, ~0u)));
}

Test(cpuid, xens_leaves_say_4_17_pv)
{
    cr_assert_eq(ask(other, 0x40000000, 0).a, 0x40000005);
    cr_assert_eq(ask(other, 0x40000001, 0).a, 0x00040011);
    cr_assert_eq(ask(other, 0x40000002, 0).a, 1);
    cr_assert_eq(ask(other, 0x40000002, 0).b, 0x40000000);
    cr_assert_eq(ask(other, 0x40000002, 0).c, 1);
    cr_assert_eq(ask(other, 0x40000005, 0).b, 14 + 12); /* 16384 frames */
    cr_assert(is_zero(ask(other, 0x40000005, 1)));
}

Test(cpuid, the_width_of_machine_addresses_is_that_of_the_highest_frame)
{
    max_mfn = 1ull << 20;
    cr_assert_eq(ask(other, 0x40000005, 0).b, 32);
    max_mfn = (1ull << 20) + 1;
    cr_assert_eq(ask(other, 0x40000005, 0).b, 33);
}

Test(cpuid, the_time_leaf_has_the_conversion)
{
    struct cpuid_leaf l = ask(other, 0x40000003, 0);

    cr_assert_eq(l.c, 1000000); /* the fake's TSC runs at 1 GHz */
    cr_assert_eq(ask(other, 0x40000003, 1).c, 0x80000000);
    cr_assert_eq(ask(other, 0x40000003, 1).d, 1);
    cr_assert_eq(ask(control, 0x40000003, 2).a, 1000000);
    cr_assert(is_zero(ask(other, 0x40000003, 3)));
    cr_assert(is_zero(ask(control, 0x40000003, 1)));
}

Test(cpuid, philoxens_leaf_names_the_extension_hypercall)
{
    struct cpuid_leaf l = ask(control, CPUID_PHILOXEN, 0);

    cr_assert_arr_eq(&l.b, "PhiloxenVMM", 12);
    cr_assert_eq(ask(control, CPUID_PHILOXEN + 1, 0).b, 49);
}

static void host_with_avx(void)
{
    xcr0_host_mask = 7;
    fake_cpuid_set(1, 0,
                   (struct cpuid_leaf){0x60fb1, 0x800, 0x9c000001 | 1 << 12 | 1 << 29, 0x178bfbff});
    fake_cpuid_set(7, 0, (struct cpuid_leaf){0, 1 << 5 | 1 << 16 | 1, 0, 0});
    fake_cpuid_set(0xd, 0, (struct cpuid_leaf){0x207, 0, 2696, 0});
    fake_cpuid_set(0xd, 1, (struct cpuid_leaf){0xf, 0, 0, 0});
    fake_cpuid_set(0xd, 2, (struct cpuid_leaf){256, 576, 0, 0});
    fake_cpuid_set(0xd, 9, (struct cpuid_leaf){8, 2688, 0, 0});
}

Test(cpuid, without_switched_state_xsave_and_what_lives_in_it_are_hidden)
{
    host_with_avx();
    xcr0_host_mask = 0;
    cpuid_init();
    cr_assert_eq(ask(control, 1, 0).c & (1 << 26 | 1 << 27 | 1 << 28 | 1 << 12 | 1 << 29), 0);
    cr_assert_eq(ask(control, 7, 0).b, 0);
    for (unsigned i = 0; i < 10; i++)
        cr_assert(is_zero(ask(control, 0xd, i)));
}

Test(cpuid, with_switched_state_only_its_components_are_offered)
{
    host_with_avx();
    cpuid_init();
    control->xcr0 = 1;
    cr_assert_eq(ask(control, 1, 0).c & (1 << 26 | 1 << 28 | 1 << 12), 1 << 26 | 1 << 28 | 1 << 12);
    cr_assert_eq(ask(control, 7, 0).b, 1 << 5); /* AVX2; not AVX512F, not FSGSBASE */
    cr_assert_eq(ask(control, 0xd, 0).a, 7);
    cr_assert_eq(ask(control, 0xd, 0).b, 576);
    cr_assert_eq(ask(control, 0xd, 0).c, 832);
    cr_assert_eq(ask(control, 0xd, 1).a, 7); /* no XSAVES */
    cr_assert_eq(ask(control, 0xd, 1).b, 576);
    cr_assert_eq(ask(control, 0xd, 2).a, 256);
    cr_assert(is_zero(ask(control, 0xd, 9)));
    control->xcr0 = 7;
    cr_assert_eq(ask(control, 0xd, 0).b, 832);
}

Test(cpuid, osxsave_is_the_guests_choice_except_for_the_asking_kernel)
{
    struct cpuid_leaf l;

    host_with_avx();
    cpuid_init();
    cr_assert(ask(control, 1, 0).c & 1 << 27);
    cpuid_guest(control, 1, 0, false, &l);
    cr_assert(!(l.c & 1 << 27));
    control->in_kernel = 0;
    cr_assert(!(ask(control, 1, 0).c & 1 << 27));
    control->cr4 = GUEST_CR4_OSXSAVE;
    cr_assert(ask(control, 1, 0).c & 1 << 27);
}

Test(cpuid, an_intel_host_shows_the_control_domain_who_shares_caches)
{
    fake_cpuid_set(0, 0, (struct cpuid_leaf){0x16, 0x756e6547, 0x6c65746e, 0x49656e69});
    fake_cpuid_set(4, 0, (struct cpuid_leaf){0xfc004121, 0x01c0003f, 0x3f, 1});
    fake_cpuid_set(0xb, 0, (struct cpuid_leaf){1, 2, 0x100, 5});
    cpuid_init();
    cr_assert_eq(ask(control, 0, 0).a, 0xd);
    cr_assert_eq(ask(other, 4, 0).a, 0x121);
    cr_assert_eq(ask(control, 4, 0).a, 0xfc004121);
    cr_assert(is_zero(ask(control, 0xb, 0)));
    cr_assert_eq(ask(control, 0x80000000, 0).a, 0x80000008);
}
