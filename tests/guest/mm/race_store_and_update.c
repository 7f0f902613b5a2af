/* SPDX-License-Identifier: MIT */
/*
 * One vCPU sets and clears flag bits of entries by emulated locked instructions, the other replaces
 * the entries by mmu_update: no store is lost between reading and writing an entry.
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

#define ROUNDS 5000u

static uint64_t *l1;

static void toggler(void *arg)
{
    uint64_t bit = (uint64_t)arg;

    for (unsigned int i = 0; i < ROUNDS; i++)
        asm volatile("lock xorq %1, (%0)" : : "r"(l1), "r"(bit) : "memory");
}

TEST("race_store_and_update", "locked emulated stores of two vCPUs to one entry are atomic")
{
    uint64_t entry = entry_to(page_alloc(), PROT_RO | PTE_G);

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    writable_tables_on();
    l1 = pinned_table(1);
    MUST(pt_write(entry_of(l1, 0), entry));
    for (int round = 0; round < 4; round++) {
        smp_run(1, toggler, (void *)0x400);
        toggler((void *)0x200);
        CHECK(smp_wait(1), "vCPU 1 does not finish");
        CHECK_EQ(l1[0], entry);
    }
}
