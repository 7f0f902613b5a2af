/* SPDX-License-Identifier: MIT */
/* LINK: core/refusal.c core/ratelimit.c */
/* Checks [ABI-5] [REF-1] [REF-4]. */
#include "core/refusal.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct domain *d;
static struct vcpu *v;
static struct refusal_ring ring;

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d = fake_domain(1, 2, false);
    v = d->vcpus[1];
    fake_current = v;
    memset(&ring, 0, sizeof(ring));
    d->refusals = &ring;
    v->hc_nr = 32;
    v->hc_sub = 4;
    fake_now = 77;
}

TestSuite(refusal, .init = setup);

Test(refusal, every_reason_has_words_and_they_fit_a_line_with_the_largest_operands)
{
    for (int r = 0; r < REASON_COUNT; r++) {
        cr_assert_not_null(reason_text(r), "reason %d", r);
        fake_now += 1000000000; /* none is one too many */
        refuse_at(d, EINVAL, r, ~0ull, ~0ull, ~0ull);
        /* The words' last character must have come through, and nothing unexpanded be left. */
        const char *text = reason_text(r);
        char last = text[strlen(text) - 1];

        cr_assert(!strchr(fake_log_last, '%'), "%s", fake_log_last);
        cr_assert(last >= '0' && last <= '2' ? fake_log_last[strlen(fake_log_last) - 1] == 'f'
                                             : fake_log_last[strlen(fake_log_last) - 1] == last,
                  "%s", fake_log_last);
        cr_assert_lt(strlen(fake_log_last), sizeof(fake_log_last) - 1);
    }
    cr_assert_str_eq(reason_text((enum reason)REASON_COUNT), "unknown reason");
}

Test(refusal, the_macro_returns_minus_errno_and_keeps_who_what_and_why)
{
    cr_assert_eq(refuse(d, EPERM, FRAME_NOT_OWNED, 0x12, 0x34, 0x56), -EPERM);
    cr_assert_eq(ring.next, 1);
    const struct refusal *r = &ring.slot[0];

    cr_assert_eq(r->seq, 1);
    cr_assert_eq(r->time, 77);
    cr_assert_eq(r->vcpu, 1);
    cr_assert_eq(r->hypercall, 32);
    cr_assert_eq(r->sub, 4);
    cr_assert_eq(r->err, -EPERM);
    cr_assert_eq(r->reason, REASON_FRAME_NOT_OWNED);
    cr_assert(r->op[0] == 0x12 && r->op[1] == 0x34 && r->op[2] == 0x56);
}

Test(refusal, a_line_names_the_hypercall_the_error_and_the_operands)
{
    refuse(d, EPERM, FRAME_NOT_OWNED, 0x12, 0x34, 0x56);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 1);
    cr_assert_str_eq(fake_log_last, "d1v1 event_channel_op(4): EPERM: "
                                    "frame 0x12 is not owned by domain 0x34 (owner 0x56)");
}

Test(refusal, the_ring_keeps_the_newest_and_prints_oldest_first)
{
    for (unsigned i = 1; i <= REFUSAL_SLOTS + 5; i++)
        refuse(d, EINVAL, UNKNOWN_HYPERCALL, i, 0, 0);
    cr_assert_eq(ring.next, REFUSAL_SLOTS + 5);
    refusals_print(d, 3);
    cr_assert_eq(fake_log_lines[LOG_GUEST_ERR], 3);
    cr_assert(strstr(fake_log_last, "0x25 "), "%s", fake_log_last);
    refusals_print(d, 1000);
    cr_assert_eq(fake_log_lines[LOG_GUEST_ERR], 3 + REFUSAL_SLOTS);
    ring.slot[(ring.next - 1) % REFUSAL_SLOTS].seq = 0; /* being written */
    refusals_print(d, 2);
    cr_assert_eq(fake_log_lines[LOG_GUEST_ERR], 3 + REFUSAL_SLOTS + 1);
    cr_assert(strstr(fake_log_last, "0x24 "), "%s", fake_log_last);
}

Test(refusal, an_empty_or_missing_ring_prints_nothing)
{
    refusals_print(d, 10);
    d->refusals = NULL;
    refusals_print(d, 10);
    cr_assert_eq(fake_log_lines[LOG_GUEST_ERR], 0);
    cr_assert_eq(refuse(d, EINVAL, NONE, 0, 0, 0), -EINVAL);
}

Test(refusal, outside_a_hypercall_or_without_a_vcpu_it_says_so)
{
    v->hc_nr = ~0u;
    refuse(d, EINVAL, NONE, 0, 0, 0);
    cr_assert_eq(ring.slot[0].hypercall, 0xff);
    cr_assert_str_eq(fake_log_last, "d1v1 outside hypercalls: EINVAL: no reason given");
    fake_current = NULL;
    refuse(d, EINVAL, NONE, 0, 0, 0);
    cr_assert_eq(ring.slot[1].vcpu, 0);
}

Test(refusal, unknown_hypercalls_and_errors_are_printed_too)
{
    v->hc_nr = 63;
    refuse_at(d, 4000, REASON_NONE, 0, 0, 0);
    cr_assert_str_eq(fake_log_last, "d1v1 ?(4): error: no reason given");
}

Test(refusal, one_that_repeats_is_printed_once_and_counted)
{
    for (unsigned i = 0; i < 500; i++)
        refuse(d, EPERM, FRAME_NOT_OWNED, i, 0, 0);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 1);
    cr_assert_eq(ring.next, 500); /* all are recorded */
    v->hc_sub = 5;
    refuse(d, EPERM, FRAME_NOT_OWNED, 0, 0, 0); /* another sub-operation is another kind */
    cr_assert_eq(fake_log_lines[LOG_GUEST], 2);
    v->hc_sub = 4;
    fake_now += REPEAT_NS + 1;
    refuse(d, EPERM, FRAME_NOT_OWNED, 7, 0, 0);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 4); /* the count, and the newest */
    cr_assert(strstr(fake_log_last, "frame 0x7 "), "%s", fake_log_last);
    refuse(d, EPERM, FRAME_NOT_OWNED, 7, 0, 0);
    refusals_tell_rest(d);
    cr_assert_str_eq(fake_log_last, "d1 event_channel_op(4): EPERM: 1 more like the last");
    cr_assert_eq(fake_log_lines[LOG_GUEST], 5);
    refusals_tell_rest(d);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 5);
}

Test(refusal, ever_new_kinds_are_limited_and_counted)
{
    for (unsigned i = 0; i < 1000; i++) {
        v->hc_sub = i;
        refuse(d, EINVAL, UNKNOWN_SUBOP, i, 0, 0);
    }
    cr_assert_eq(fake_log_lines[LOG_GUEST], 64);
    fake_now += 1000000000;
    v->hc_sub = 5000;
    refuse(d, EINVAL, UNKNOWN_SUBOP, 0, 0, 0);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 66); /* "936 refusals not shown", and this one */
    refusals_tell_rest(d);
    cr_assert_eq(fake_log_lines[LOG_GUEST], 66);
}
