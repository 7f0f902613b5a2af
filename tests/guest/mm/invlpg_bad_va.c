/* SPDX-License-Identifier: MIT */
/* A flush of an address that cannot be mapped has nothing to do, and does that without an error. */
#include "tables.h"

TEST("invlpg_bad_va", "MMUEXT_INVLPG of any address whatsoever is 0")
{
    static const unsigned long addresses[] = {
        0,
        0x0000800000000000ul,
        0x8000000000000000ul,
        0xffff7ffffffff000ul,
        0xffff800000000000ul,
        0xffff82d040200000ul,
        0xfffffffffffffffful,
    };

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        CHECK_RC(mmuext_as(MMUEXT_INVLPG_LOCAL, addresses[i], 0, DOMID_SELF), 0);
        CHECK_RC(mmuext_as(MMUEXT_INVLPG_ALL, addresses[i], 0, DOMID_SELF), 0);
    }
}
