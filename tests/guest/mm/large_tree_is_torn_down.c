/* SPDX-License-Identifier: MIT */
/*
 * A tree with 1024 L1 tables of 512 entries each: one pin validates it all, one unpin takes it all
 * down, and afterwards every page may be writable again.
 */
#include "tables.h"

#define L2S 2

TEST("large_tree_is_torn_down", "pin and unpin of a tree of a thousand tables leave no trace")
{
    uint64_t *l3 = page_alloc(), *page = page_alloc(), *l1[L2S * 512], *l2[L2S];

    for (unsigned int i = 0; i < L2S * 512; i++) {
        l1[i] = page_alloc();
        for (unsigned int j = 0; j < 512; j++)
            l1[i][j] = entry_to(page, PROT_RW);
        MUST(page_set_ro(l1[i]));
    }
    for (unsigned int i = 0; i < L2S; i++) {
        l2[i] = page_alloc();
        for (unsigned int j = 0; j < 512; j++)
            l2[i][j] = entry_to(l1[i * 512 + j], PROT_TABLE);
        MUST(page_set_ro(l2[i]));
        l3[i] = entry_to(l2[i], PROT_TABLE);
    }
    MUST(page_set_ro(l3));
    for (int round = 0; round < 2; round++) {
        CHECK_RC(pin(l3, 3), 0);
        CHECK_RC(page_set_rw(l1[L2S * 512 - 1]), -XEN_EBUSY);
        CHECK_RC(unpin(l3), 0);
    }
    for (unsigned int i = 0; i < L2S * 512; i++)
        CHECK_RC(page_set_rw(l1[i]), 0);
    for (unsigned int i = 0; i < L2S; i++)
        CHECK_RC(page_set_rw(l2[i]), 0);
    CHECK_RC(page_set_rw(l3), 0);
    CHECK_RC(page_set_ro(page), 0);
    CHECK_RC(pin(page, 1), 0);
}
