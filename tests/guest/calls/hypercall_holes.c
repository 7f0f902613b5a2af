/* SPDX-License-Identifier: MIT */
/*
 * Every number without a hypercall in Xen 4.17, the removed ones included, alone and in a
 * multicall. [HC-2]
 */
#include "harness.h"

/* 27 (xsm_op) and 39 (argo_op) exist but are switched off in Debian's Xen. */
static const unsigned long holes[] = {
    11,          27,
    38,          39,
    43,          44,
    45,          46,
    47, /* 50 is philoxen_op here */
    51,          52,
    53,          54,
    55,          56,
    57,          58,
    59,          60,
    61,          62,
    63,          64,
    65,          127,
    128,         255,
    256,         1000,
    0x80000000,  0xffffffff,
    0x100000011, 0x8000000000000011,
    ~0ul,
};

TEST("hypercall_holes_are_enosys", "numbers without a hypercall give -ENOSYS, in multicalls too")
{
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
        multicall_entry_t call = {.op = holes[i]};
        long rc = hypercall_raw(holes[i], 0, 0, 0, 0, 0);

        CHECK(rc == -XEN_ENOSYS, "number %lx gives %ld", holes[i], rc);
        CHECK_RC(hypercall_multicall(&call, 1), 0);
        rc = (long)call.result;
        CHECK(rc == -XEN_ENOSYS, "number %lx gives %ld in a multicall", holes[i], rc);
    }
}
