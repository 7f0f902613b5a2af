/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs write different pages, writable or not, into the same entries. At the end each entry is
 * one of the two, and after clearing them neither page has a reference or type left.
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

#define ROUNDS 20000u
#define ENTRIES 4u

static uint64_t *l1, *pages[2];
static volatile long odd[2];

static void updater(void *arg)
{
    unsigned int me = (unsigned int)(unsigned long)arg;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        uint64_t entry = i % 3 ? entry_to(pages[me], i % 3 == 1 ? PROT_RW : PROT_RO) : 0;
        long rc = pt_write(entry_of(l1, i % ENTRIES), entry);

        if (rc)
            odd[me] = rc;
    }
}

TEST("race_same_entry", "concurrent updates of the same entries lose no reference")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    l1 = pinned_table(1);
    pages[0] = page_alloc();
    pages[1] = page_alloc();
    smp_run(1, updater, (void *)1);
    updater(NULL);
    CHECK(smp_wait(1), "vCPU 1 does not finish");
    CHECK(!odd[0] && !odd[1], "errors %ld and %ld", odd[0], odd[1]);
    for (unsigned int i = 0; i < ENTRIES; i++)
        CHECK_RC(pt_write(entry_of(l1, i), 0), 0);
    for (int i = 0; i < 2; i++) {
        MUST(page_set_ro(pages[i]));
        CHECK_RC(pin(pages[i], 4), 0);
        CHECK_RC(unpin(pages[i]), 0);
        CHECK_RC(page_set_rw(pages[i]), 0);
    }
}
