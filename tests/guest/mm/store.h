/* SPDX-License-Identifier: MIT */
/*
 * Tests of emulated table writes: one entry of the kernel's own L1, written by its read-only alias
 * with a given instruction.
 */
#ifndef MM_STORE_H
#define MM_STORE_H

#include "tables.h"

/* A fresh entry of an L1 in use, that holds `entry`; writable page tables are on. */
static inline volatile uint64_t *store_target(uint64_t entry)
{
    void *va = va_alloc(1);

    writable_tables_on();
    MUST(remap(va, entry));
    return pte_alias(va);
}

/* A good entry: an ordinary page, writable. With the bits that Xen may set, set already. */
static inline uint64_t store_entry(void)
{
    return entry_to(page_alloc(), PROT_RW | PTE_G);
}

#endif
