/* SPDX-License-Identifier: MIT */
/* LINK: core/time.c core/timer.c core/tlb.c core/frame.c */
/* Checks [TIME-1] [TIME-2]. */
#include <criterion/criterion.h>
#include "fake_core.h"
#include "core/sched.h"
#include "core/time.h"

static struct domain *d;
static struct vcpu *v;
static struct shared_info page;
static struct vcpu_info elsewhere;

bool vcpu_has_info(const struct vcpu *w)
{
    return w->info != &elsewhere;
}

static void setup(void)
{
    fake_reset();
    timers_reset();
    memset(&page, 0, sizeof(page));
    memset(&elsewhere, 0, sizeof(elsewhere));
    memset(fake_virqs, 0, sizeof(fake_virqs));
    fake_now = 123456789;
    d = fake_domain(3, 1, false);
    d->shared_info = &page;
    v = d->vcpus[0];
    v->info = &page.vcpu_info[0];
    time_vcpu_init(v);
}

static void teardown(void)
{
    time_vcpu_exit(v);
    xfree(v);
    xfree(d->vcpus);
    xfree(d);
}

#define T(name) Test(time, name, .init = setup, .fini = teardown)

/* What a guest computes (public xen.h). */
static uint64_t guest_ns(const struct vcpu_time_info *t, uint64_t tsc)
{
    uint64_t delta = tsc - t->tsc_timestamp;

    delta = t->tsc_shift >= 0 ? delta << t->tsc_shift : delta >> -t->tsc_shift;
    return t->system_time + (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >> 32);
}

T(a_guest_computes_system_time_from_its_tsc)
{
    time_vcpu_update(v);
    /* The fake's TSC counts its nanoseconds. */
    cr_assert_eq(guest_ns(&v->info->time, fake_now), fake_now);
    cr_assert_eq(guest_ns(&v->info->time, fake_now + 5000), fake_now + 5000);
}

T(versions_are_even_and_grow_with_each_update)
{
    uint32_t before = v->info->time.version;

    for (unsigned i = 0; i < 5; i++) {
        time_vcpu_update(v);
        cr_assert_eq(v->info->time.version & 1, 0);
        cr_assert_gt(v->info->time.version, before);
        before = v->info->time.version;
    }
    v->info->time.version = 7; /* a guest's own doing */
    time_vcpu_update(v);
    cr_assert_eq(v->info->time.version & 1, 0);
}

T(a_copy_that_fails_half_way_is_seen_as_being_written)
{
    struct vcpu_time_info *t;

    v->time_gva = fake_guest_alloc(sizeof(*t));
    t = fake_guest_ptr(v->time_gva);
    fake_guest_limit = v->time_gva + 16;
    time_vcpu_update(v);
    cr_assert_eq(t->version & 1, 1);
    fake_guest_limit = ~0ull;
    time_vcpu_update(v);
    cr_assert_eq(t->version & 1, 0);
    cr_assert_eq(guest_ns(t, fake_now + 77), fake_now + 77);
}

T(a_vcpu_without_an_area_is_left_alone)
{
    v->info = &elsewhere;
    time_vcpu_update(v);
    cr_assert_eq(elsewhere.time.version, 0);
}

T(another_address_space_is_not_written_to)
{
    struct vcpu_time_info *t;

    v->time_gva = fake_guest_alloc(sizeof(*t));
    t = fake_guest_ptr(v->time_gva);
    fake_current = NULL;
    time_vcpu_update(v);
    cr_assert_eq(t->version, 0);
}

T(wallclock_counts_seconds_beyond_32_bits)
{
    d->time_offset =
        0x7fffffff; /* with 1.7e9 s of the fake: no carry yet; then the seconds' high word */
    time_domain_wallclock(d);
    cr_assert_eq(((uint64_t)page.wc_sec_hi << 32) + page.wc_sec, 1700000000ull + 0x7fffffff);
    cr_assert_eq(page.wc_nsec, 0);
    cr_assert_eq(page.wc_version, 2);
}
