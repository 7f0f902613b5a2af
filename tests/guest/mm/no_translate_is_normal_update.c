/* SPDX-License-Identifier: MIT */
/* A PV guest's tables hold machine frames anyway: MMU_PT_UPDATE_NO_TRANSLATE changes nothing. */
#include "tables.h"

TEST("no_translate_is_normal_update",
     "NO_TRANSLATE writes an entry, and is refused, like a normal one")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), *table = pinned_table(2);
    uint64_t at = pte_maddr(va);

    CHECK_RC(update_as(at | MMU_PT_UPDATE_NO_TRANSLATE, entry_to(page, PROT_RW), DOMID_SELF), 0);
    CHECK_EQ(pte_read(va) & ~PTE_HV, entry_to(page, PROT_RW));
    CHECK_RC(update_as(at | MMU_PT_UPDATE_NO_TRANSLATE, entry_to(table, PROT_RW), DOMID_SELF),
             -XEN_EBUSY);
    CHECK_EQ(pte_mfn(pte_read(va)), mfn_of(page));
}
