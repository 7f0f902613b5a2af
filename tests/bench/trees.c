/* SPDX-License-Identifier: MIT */
/* Pinning and unpinning, where every entry of new tables is checked. */
#include "bench.h"

#define TURNS 4

static uint64_t *full_l1(void)
{
    char *pages = pages_alloc(512);
    uint64_t *table = page_alloc();

    for (unsigned int e = 0; e < 512; e++)
        table[e] = pte_make(va_to_mfn(pages + e * PAGE_SIZE), PROT_RW);
    MUST(page_set_ro(table));
    return table;
}

/* A table whose only entry leads to the next one. */
static uint64_t *table_above(uint64_t *below)
{
    uint64_t *table = page_alloc();

    table[0] = pte_make(va_to_mfn(below), PROT_TABLE);
    MUST(page_set_ro(table));
    return table;
}

static long pin_unpin(unsigned int pin, unsigned long mfn)
{
    long rc = mmuext(pin, mfn);

    return rc ? rc : mmuext(MMUEXT_UNPIN_TABLE, mfn);
}

void bench_trees(void)
{
    uint64_t *l1 = full_l1();
    uint64_t *l4 = table_above(table_above(table_above(l1)));
    unsigned long l1_mfn = va_to_mfn(l1), l4_mfn = va_to_mfn(l4);

    BENCH("pin_l4", TURNS, rc |= pin_unpin(MMUEXT_PIN_L4_TABLE, l4_mfn));
    BENCH("pin_l1", TURNS, rc |= pin_unpin(MMUEXT_PIN_L1_TABLE, l1_mfn));
}
