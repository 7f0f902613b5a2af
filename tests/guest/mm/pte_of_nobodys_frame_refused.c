/* SPDX-License-Identifier: MIT */
/* A frame that the domain gave back is nobody's: it cannot be mapped, used as a table or linked. */
#include "tables.h"

TEST("pte_of_nobodys_frame_refused", "a free frame of the machine cannot be mapped in any way")
{
    uint64_t *va = va_alloc(1), *table = pinned_table(2);
    unsigned long mfn = nobodys_frame();

    CHECK_RC(remap(va, pte_make(mfn, PROT_RW)), -XEN_EBUSY);
    CHECK_RC(remap(va, pte_make(mfn, PROT_RO)), -XEN_EBUSY);
    CHECK_RC(pt_write(pte_maddr(va), pte_make(mfn, PROT_RO)), -XEN_EBUSY);
    CHECK_RC(pt_write(entry_of(table, 0), pte_make(mfn, PROT_TABLE)), -XEN_EINVAL);
    CHECK_RC(pt_write((uint64_t)mfn << PAGE_SHIFT, 0), -XEN_EINVAL);
    CHECK_RC(map_foreign_page(&kernel_aspace, (unsigned long)va, mfn, PROT_RO, DOMID_IO),
             -XEN_EBUSY);
    CHECK_RC(map_foreign_page(&kernel_aspace, (unsigned long)va, mfn, PROT_RO, DOMID_XEN),
             -XEN_EBUSY);
    for (int level = 1; level <= 4; level++)
        CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE + (unsigned int)level - 1, mfn), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, mfn), -XEN_EINVAL);
    CHECK_EQ(pte_read(va), 0);
}
