/* SPDX-License-Identifier: MIT */
/*
 * Memory that a domain gets for the first time holds nothing of those who had it before: the boot
 * loader, the hypervisor's own start, the image of this guest. [FRM-4]
 */
#include "reserve.h"

#define PAGES 2048u

TEST("fresh_memory_is_clean", "populated pages that were never ours are all zero")
{
    uint64_t *va = va_alloc(1);

    for (unsigned int i = 0; i < PAGES; i++) {
        unsigned long list = start_info->nr_pages + i;

        CHECK_RC(populate(&list, 1), 1);
        MUST(hypercall_update_va_mapping((unsigned long)va, pte_make(list, PROT_RO), UVMF_INVLPG));
        for (unsigned int j = 0; j < 512; j++)
            CHECK(va[j] == 0, "frame %lx holds %lx at %x", list, va[j], j * 8);
    }
}
