/* SPDX-License-Identifier: MIT */
/* LINK: core/obituary.c core/refusal.c core/ratelimit.c */
#include "core/obituary.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct domain *d;
static struct refusal_ring ring;

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d = fake_domain(3, 1, false);
    memset(&ring, 0, sizeof(ring));
    d->refusals = &ring;
    fake_current = d->vcpus[0];
}

TestSuite(obituary, .init = setup);

Test(obituary, keeps_the_reason_and_the_last_refusals_oldest_first)
{
    struct obituary o;

    for (unsigned i = 0; i < 20; i++)
        refuse(d, EINVAL, BAD_POINTER, i, 0, 0);
    fake_now = 123;
    cr_assert(!obituary_read(0, &o));
    obituary_write(d, 3, "it wrote to its own page tables");
    cr_assert(obituary_read(0, &o));
    cr_assert_eq(o.domid, 3);
    cr_assert_eq(o.code, 3);
    cr_assert_eq(o.time, 123);
    cr_assert_str_eq(o.text, "it wrote to its own page tables");
    cr_assert_eq(o.nr_refusals, LAST_WORDS);
    for (unsigned i = 0; i < LAST_WORDS; i++)
        cr_assert_eq(o.refusal[i].op[0], 20 - LAST_WORDS + i);
}

Test(obituary, one_a_life_and_the_first_counts)
{
    struct obituary o;

    obituary_write(d, 3, "first");
    obituary_write(d, OBITUARY_DESTROYED, "second");
    cr_assert(obituary_read(0, &o));
    cr_assert_str_eq(o.text, "first");
    cr_assert(!obituary_read(o.seq, &o), "there is no other");
}

Test(obituary, lists_the_newest_first_and_forgets_the_oldest)
{
    struct obituary o = {0};
    unsigned n = 0;

    for (unsigned i = 0; i < OBITUARIES + 5; i++) {
        d->has_obituary = false;
        d->id = (domid_t)i;
        obituary_write(d, 0, "");
    }
    for (uint64_t before = 0; obituary_read(before, &o); before = o.seq, n++)
        cr_assert_eq(o.domid, OBITUARIES + 4 - n);
    cr_assert_eq(n, OBITUARIES);
    cr_assert(!obituary_read(1, &o));
}

Test(obituary, refusals_after_a_number_are_those_not_seen_yet)
{
    struct refusal r[REFUSAL_SLOTS];

    for (unsigned i = 0; i < 5; i++)
        refuse(d, EPERM, NOT_PRIVILEGED, 0, 0, 0);
    cr_assert_eq(refusals_read(d, 0, r, REFUSAL_SLOTS), 5);
    cr_assert_eq(refusals_read(d, 3, r, REFUSAL_SLOTS), 2);
    cr_assert(r[0].seq == 4 && r[1].seq == 5);
    cr_assert_eq(refusals_read(d, 5, r, REFUSAL_SLOTS), 0);
    cr_assert_eq(refusals_read(d, 0, r, 2), 2);
    cr_assert(r[0].seq == 4 && r[1].seq == 5, "the newest");
}
