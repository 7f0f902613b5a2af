/* SPDX-License-Identifier: MIT */
/*
 * Whatever a guest put into slots 256..271 before pinning is neither looked at nor used: the pin
 * works, the values are gone, and the hypervisor's list can be read on the new tables.
 */
#include "tables.h"

TEST("pin_l4_replaces_hypervisor_slots", "junk in L4 slots 256..271 is replaced by the pin")
{
    const uint64_t *kernel = mfn_to_va(kernel_aspace.l4_mfn);
    uint64_t *l4 = page_alloc(), *page = page_alloc(), value = 0;

    for (unsigned int i = 0; i < 512; i++)
        l4[i] = i < 256 || i > 271 ? kernel[i] : entry_to(page, PROT_TABLE) + i;
    MUST(page_set_ro(l4));
    CHECK_RC(pin(l4, 4), 0);
    for (unsigned int i = 256; i <= 271; i++)
        CHECK(pte_mfn(l4[i]) != mfn_of(page), "slot %u still holds our entry", i);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4)), 0);
    CHECK_NO_FAULT(try_read((void *)m2p_slot(mfn_of(page)), &value));
    CHECK_EQ(value, va_to_pfn(page));
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, kernel_aspace.l4_mfn), 0);
    CHECK_NO_FAULT(try_write(page, PATTERN));
}
