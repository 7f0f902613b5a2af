/* SPDX-License-Identifier: MIT */
/* Addresses that are no guest's: non-canonical, in the hypervisor's range, without tables. */
#include "tables.h"

TEST("update_va_mapping_bad_va", "update_va_mapping of an impossible address is EINVAL")
{
    static const unsigned long addresses[] = {
        0x0000800000000000ul, 0x7fffffffffffffful,  0x8000000000000000ul,
        0xffff7ffffffff000ul, 0xffff800000000000ul, 0xffff830000000000ul,
        0xffff87fffffff000ul, 0x0000000000000000ul, 0x00007ffffffff000ul,
    };
    uint64_t pte = entry_to(page_alloc(), PROT_RW);

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        long rc = hypercall_update_va_mapping(addresses[i], pte, UVMF_NONE);

        CHECK(rc == -XEN_EINVAL, "%lx: %ld", addresses[i], rc);
    }
}
