/* SPDX-License-Identifier: MIT */
/* XENMEMF_address_bits: frames below 2^bits or none; 0 means any. */
#include "reserve.h"

TEST("address_bits", "address_bits limits where frames come from, and gives none if there are none")
{
    for (unsigned int bits = 0; bits <= 64; bits++) {
        unsigned long mfn = take(page_alloc()), list = start_info->nr_pages;
        long rc;

        CHECK_RC(decrease(&mfn, 1), 1);
        rc = reserve(XENMEM_populate_physmap, &list, 1, 0, XENMEMF_address_bits(bits), DOMID_SELF);
        CHECK(rc == 0 || rc == 1, "%u bits: %ld", bits, rc);
        if (bits >= 32 || bits == 0)
            CHECK(rc == 1, "no page with %u bits", bits);
        else if (bits <= PAGE_SHIFT)
            CHECK(rc == 0, "frame %lx with %u bits", list, bits);
        else if (rc == 1)
            CHECK(list >> (bits - PAGE_SHIFT) == 0, "frame %lx with %u bits", list, bits);
    }
}
