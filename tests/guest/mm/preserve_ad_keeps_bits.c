/* SPDX-License-Identifier: MIT */
/*
 * MMU_PT_UPDATE_PRESERVE_AD adds the accessed and dirty bits of the entry as it is to the new one;
 * the ordinary update does not.
 */
#include "tables.h"

TEST("preserve_ad_keeps_bits",
     "PRESERVE_AD keeps A and D of the old entry, a normal update does not")
{
    uint64_t *page = page_alloc(), *other = page_alloc(), *va = va_alloc(1);
    uint64_t at = pte_maddr(va), clean = PTE_P | PTE_US | PTE_RW;

    CHECK_RC(pt_write(at, entry_to(page, PROT_RW)), 0);
    CHECK_RC(update_as(at | MMU_PT_UPDATE_PRESERVE_AD, entry_to(page, clean | 0x200), DOMID_SELF),
             0);
    CHECK_EQ(pte_read(va) & ~PTE_HV, entry_to(page, PROT_RW | 0x200));
    CHECK_RC(pt_write(at, entry_to(page, clean)), 0);
    CHECK_EQ(pte_read(va) & ~PTE_HV, entry_to(page, clean));
    CHECK_RC(update_as(at | MMU_PT_UPDATE_PRESERVE_AD, entry_to(page, clean), DOMID_SELF), 0);
    CHECK_EQ(pte_read(va) & ~PTE_HV, entry_to(page, clean));
    /* Another frame is no exception. */
    CHECK_RC(pt_write(at, entry_to(page, PROT_RW)), 0);
    CHECK_RC(update_as(at | MMU_PT_UPDATE_PRESERVE_AD, entry_to(other, clean), DOMID_SELF), 0);
    CHECK_EQ(pte_read(va) & ~PTE_HV, entry_to(other, PROT_RW));
}
