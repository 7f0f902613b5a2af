/* SPDX-License-Identifier: MIT */
/* Swapping two entries: their contents change places, unless one is in use or does not exist. */
#include "self.h"

static int swap(grant_ref_t a, grant_ref_t b)
{
    struct gnttab_swap_grant_ref op = {.ref_a = a, .ref_b = b, .status = 99};

    MUST(hypercall_grant_table_op(GNTTABOP_swap_grant_ref, &op, 1));
    return op.status;
}

TEST("swap_grant_ref", "swap_grant_ref exchanges two entries that are not in use")
{
    struct offer a = offer(0xa, 0), b = offer(0xb, GTF_readonly);
    uint32_t frame_a = grant_table[a.ref].frame, frame_b = grant_table[b.ref].frame;
    uint64_t *va = va_alloc(1);
    grant_handle_t handle;

    CHECK_RC(swap(a.ref, b.ref), GNTST_okay);
    CHECK_EQ(grant_table[a.ref].frame, frame_b);
    CHECK_EQ(grant_table[b.ref].frame, frame_a);
    CHECK_EQ(entry_flags(a.ref), GTF_permit_access | GTF_readonly);
    CHECK_EQ(entry_flags(b.ref), GTF_permit_access);
    CHECK_RC(swap(a.ref, a.ref), GNTST_okay);
    CHECK_EQ(grant_table[a.ref].frame, frame_b);
    CHECK_RC(swap(a.ref, 1u << 20), GNTST_bad_gntref);
    CHECK_RC(swap(~0u, b.ref), GNTST_bad_gntref);

    handle = map_at(va, b.ref, 0);
    CHECK_RC(swap(a.ref, b.ref), GNTST_eagain);
    CHECK_RC(swap(b.ref, a.ref), GNTST_eagain);
    CHECK_EQ(grant_table[a.ref].frame, frame_b);
    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_RC(swap(a.ref, b.ref), GNTST_okay);
    CHECK_EQ(grant_table[a.ref].frame, frame_a);
}
