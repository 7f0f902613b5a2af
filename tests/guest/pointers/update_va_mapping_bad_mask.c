/* SPDX-License-Identifier: MIT */
/* The flags of update_va_mapping hold the address of a mask of vCPUs to flush. */
#include "pointers.h"

static long update(void *va, uint64_t pte, unsigned long flush, const void *mask)
{
    return hypercall_update_va_mapping((unsigned long)va, pte, flush | (unsigned long)mask);
}

TEST("update_va_mapping_bad_mask",
     "update_va_mapping with a bad flush mask writes the entry and is EFAULT")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), pte;
    char *hole = bad_pointers()[0].p;
    static unsigned long mask = 1;

    pte = pte_make(pfn_to_mfn(va_to_pfn(page)), PROT_RW);
    CHECK_RC(update(va, pte, UVMF_INVLPG, &mask), 0);
    CHECK_RC(update(va, 0, UVMF_INVLPG, hole), -XEN_EFAULT);
    CHECK_EQ(pte_read(va), 0);
    CHECK_RC(update(va, pte, UVMF_TLB_FLUSH, hole), -XEN_EFAULT);
    CHECK_EQ(pte_mfn(pte_read(va)), pte_mfn(pte));
    CHECK_RC(update(va, pte, UVMF_INVLPG, (void *)0xffff830000000000ul), -XEN_EFAULT);
    CHECK_RC(update(va, pte, UVMF_INVLPG, (void *)0x8000000000000000ul), -XEN_EFAULT);
    /* Without a flush nobody reads it. */
    CHECK_RC(update(va, pte, UVMF_NONE, hole), 0);
    CHECK_RC(update(va, pte, 3, &mask), 0);
    CHECK_ALIVE();
}
