/* SPDX-License-Identifier: MIT */
/* Stands in for core/refusal.c: counts refusals and keeps the last one. */
#include "fake_port.h"

unsigned fake_refusals;
enum reason fake_refusal_last;
int fake_refusal_err;
uint64_t fake_refusal_op[3];

int refuse_at(struct domain *d, int err, enum reason r, uint64_t a, uint64_t b, uint64_t c)
{
    (void)d;
    fake_refusals++;
    fake_refusal_last = r;
    fake_refusal_err = err;
    fake_refusal_op[0] = a;
    fake_refusal_op[1] = b;
    fake_refusal_op[2] = c;
    return -err;
}

const char *reason_text(enum reason r) { (void)r; return "?"; }
void refusals_print(struct domain *d, unsigned n) { (void)d; (void)n; }
void refusals_tell_rest(struct domain *d) { (void)d; }
unsigned refusals_read(const struct domain *d, uint64_t after, struct refusal *out, unsigned max)
{
    (void)d, (void)after, (void)out, (void)max;
    return 0;
}
