/* SPDX-License-Identifier: MIT */
/* A 64-bit guest's kernel runs in ring 3: entries without the user bit get it. */
#include "tables.h"

TEST("pte_user_bit_added", "a present PTE without the user bit gets it and works")
{
    uint64_t *page = page_alloc(), *va = va_alloc(1), value = 0, pte;

    *page = PATTERN;
    CHECK_RC(remap(va, entry_to(page, PTE_P | PTE_RW)), 0);
    CHECK_NO_FAULT(try_read(va, &value));
    CHECK_EQ(value, PATTERN);
    pte = pte_read(va);
    CHECK_EQ(pte & (PTE_P | PTE_RW | PTE_US), PTE_P | PTE_RW | PTE_US);
    CHECK_EQ(pte_mfn(pte), mfn_of(page));
}
