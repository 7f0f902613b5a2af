/* SPDX-License-Identifier: MIT */
/*
 * A long batch must not hold back an event: a timer whose time comes during 65536 updates is
 * handled before they are through, by a handler that sees the batch unfinished. [HC-4]
 */
#include "tables.h"

#define COUNT 65536u

static uint64_t *l1;
static volatile uint64_t last_seen;
static volatile int fired;

static void on_tick(void *data)
{
    (void)data;
    if (!l1[510]) { /* The batch has not started yet. */
        timer_set(time_ns() + 100000, on_tick, NULL);
        return;
    }
    last_seen = l1[511];
    fired = 1;
}

TEST("long_batch_is_interrupted", "an event is delivered in the middle of a long batch")
{
    mmu_update_t *reqs = pages_alloc(COUNT * sizeof(mmu_update_t) / PAGE_SIZE);
    unsigned int done = 0;

    l1 = pinned_table(1);
    for (unsigned int i = 0; i < COUNT; i++) {
        reqs[i].ptr = entry_of(l1, i % 511);
        reqs[i].val = (i + 1) << 8;
    }
    reqs[COUNT - 1].ptr = entry_of(l1, 511);
    reqs[COUNT - 1].val = PATTERN;
    CHECK_RC(timer_set(time_ns() + 100000, on_tick, NULL), 0);
    CHECK_RC(hypercall_mmu_update(reqs, COUNT, &done, DOMID_SELF), 0);
    CHECK_EQ(done, COUNT);
    CHECK_EQ(l1[511], PATTERN);
    CHECK(fired, "the timer did not fire during the batch");
    CHECK_EQ(last_seen, 0);
}
