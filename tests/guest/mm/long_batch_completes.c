/* SPDX-License-Identifier: MIT */
/*
 * 65536 updates in one call, while a timer ticks: the hypervisor may let other work in between, but
 * the guest sees one call that did everything.
 */
#include "tables.h"

#define COUNT 65536u

static volatile int ticks;

static void on_tick(void *data)
{
    (void)data;
    ticks++;
    timer_set(time_ns() + NS_PER_MS, on_tick, NULL);
}

TEST("long_batch_completes", "65536 updates in one call are all done, interrupted or not")
{
    mmu_update_t *reqs = pages_alloc(COUNT * sizeof(mmu_update_t) / PAGE_SIZE);
    uint64_t *page = page_alloc(), *l1 = pinned_table(1);
    unsigned int done = 0;

    for (unsigned int i = 0; i < COUNT; i++) {
        reqs[i].ptr = entry_of(l1, i % 512);
        reqs[i].val = i < COUNT - 512 || i % 2 ? entry_to(page, PROT_RW) : 0;
    }
    timer_set(time_ns() + NS_PER_MS, on_tick, NULL);
    CHECK_RC(hypercall_mmu_update(reqs, COUNT, &done, DOMID_SELF), 0);
    timer_cancel();
    CHECK_EQ(done, COUNT);
    for (unsigned int i = 0; i < 512; i++)
        CHECK_EQ(pte_mfn(l1[i]), i % 2 ? mfn_of(page) : 0);
    CHECK(ticks > 0, "no tick came: the batch was too short to be interrupted");
}
