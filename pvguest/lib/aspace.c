/* SPDX-License-Identifier: MIT */
/* Further trees of page tables. The slots 256..271 of every L4 are the hypervisor's own. */
#include "pvguest.h"

#define HV_SLOT_FIRST 256
#define HV_SLOT_LAST 271

static bool hypervisor_slot(unsigned int slot)
{
    return slot >= HV_SLOT_FIRST && slot <= HV_SLOT_LAST;
}

static struct aspace pin(void *l4)
{
    struct aspace as = {.l4_mfn = pfn_to_mfn(va_to_pfn(l4))};

    MUST(mmuext(MMUEXT_PIN_L4_TABLE, as.l4_mfn));
    return as;
}

struct aspace aspace_new(void)
{
    return pin(pt_page_alloc());
}

struct aspace aspace_new_kernel(void)
{
    const uint64_t *kernel = mfn_to_va(kernel_aspace.l4_mfn);
    uint64_t *l4 = page_alloc();

    for (unsigned int i = 0; i < 512; i++)
        if (!hypervisor_slot(i))
            l4[i] = kernel[i];
    MUST(page_set_ro(l4));
    return pin(l4);
}

/* Frees a table and those below it; the parent's entry is gone already, so no type holds it. */
static void free_tables(unsigned long mfn, int level)
{
    uint64_t *table = mfn_to_va(mfn);
    const uint64_t *kernel = mfn_to_va(kernel_aspace.l4_mfn);

    for (unsigned int i = 0; level > 1 && i < 512; i++) {
        if (!(table[i] & PTE_P) || (level == 4 && hypervisor_slot(i)))
            continue;
        if (level == 4 && pte_mfn(table[i]) == pte_mfn(kernel[i]))
            continue;
        free_tables(pte_mfn(table[i]), level - 1);
    }
    pt_page_free(table);
}

void aspace_free(struct aspace *as)
{
    MUST(mmuext(MMUEXT_UNPIN_TABLE, as->l4_mfn));
    free_tables(as->l4_mfn, 4);
    as->l4_mfn = INVALID_MFN;
}
