/* SPDX-License-Identifier: MIT */
#include "hypercall/control.h"

/* LIMIT: of a bitmap wider than any machine only so many bytes are cleared. */
#define BITMAP_BYTES_MAX 4096u

static size_t bitmap_bytes(const struct xenctl_bitmap *b)
{
    return DIV_ROUND_UP((size_t)b->nr_bits, 8);
}

int bitmap_in(struct vcpu *v, const struct xenctl_bitmap *b, cpumask_t *mask)
{
    size_t n = min(bitmap_bytes(b), sizeof(*mask));
    uint64_t bits = 0;
    int rc = n ? door_in(v, &bits, door_handle(b->bitmap), n) : 0;

    if (b->nr_bits < NR_CPUS)
        bits &= BIT(b->nr_bits) - 1;
    *mask = bits;
    return rc;
}

int bitmap_out(struct vcpu *v, const struct xenctl_bitmap *b, cpumask_t mask)
{
    static const uint8_t zero[64];
    size_t bytes = min(bitmap_bytes(b), BITMAP_BYTES_MAX), n = min(bytes, sizeof(mask));
    int rc = n ? door_out(v, door_handle(b->bitmap), &mask, n) : 0;

    for (; !rc && n < bytes; n += min(bytes - n, sizeof(zero)))
        rc = door_out(v, door_handle(b->bitmap) + n, zero, min(bytes - n, sizeof(zero)));
    return rc;
}
