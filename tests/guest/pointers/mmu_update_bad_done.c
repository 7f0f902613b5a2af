/* SPDX-License-Identifier: MIT */
/* The count of those done is stored if it can be; the updates count all the same. */
#include "pointers.h"

TEST("mmu_update_bad_done", "mmu_update with a bad done pointer does its work and returns 0")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), value = 7;
    mmu_update_t req = {.ptr = pte_maddr(va),
                        .val = pte_make(pfn_to_mfn(va_to_pfn(page)), PROT_RO)};
    unsigned int *ro = read_only_copy(&value, 8);

    CHECK_BAD_POINTERS(hypercall_mmu_update(&req, 1, p, DOMID_SELF), 0);
    CHECK_RC(hypercall_mmu_update(&req, 1, ro, DOMID_SELF), 0);
    CHECK_EQ(*ro, 7);
    CHECK_EQ(va_to_mfn(va), pfn_to_mfn(va_to_pfn(page)));
    CHECK_ALIVE();
}
