/* SPDX-License-Identifier: MIT */
/* Number to function, from the one list; and what an unknown number gets. */
#include "hypercall/hypercall.h"
#include "lib/errno.h"

/* A number asked for again and again is recorded once: probing is cheap, and does not push out other refusals. */
static inline long unknown_number(struct vcpu *v, uint64_t nr)
{
    if (likely(v->hc_unknown == nr + 1))
        return -ENOSYS;
    v->hc_unknown = nr + 1;
    return refuse(v->domain, ENOSYS, UNKNOWN_HYPERCALL, nr, 0, 0);
}

static long unknown(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return unknown_number(v, v->hc_nr);
}

hypercall_fn *const hypercall_table[NR_HYPERCALLS] = {
    /* numbers the list does not have */
    [11] = unknown,
    [38] = unknown,
    [43 ... 47] = unknown,
    [49] = unknown,
    [51 ... 63] = unknown,
#define HYPERCALL(nr, name, nargs) [nr] = hc_##name,
#include "hypercalls.def"
#undef HYPERCALL
};

long hypercall_unknown_number(struct vcpu *v, uint64_t nr);
long hypercall_unknown_number(struct vcpu *v, uint64_t nr)
{
    v->hc_nr = ~0u;
    return unknown_number(v, nr);
}
