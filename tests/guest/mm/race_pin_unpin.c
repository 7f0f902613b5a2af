/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs pin and unpin the same tree, with no order between them. Each pin or unpin must succeed
 * or be EINVAL; afterwards the counts are exact: unpinned, every page may be writable again.
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

#define ROUNDS 2000

static uint64_t *top;
static volatile unsigned long pins[2], unpins[2], odd[2];

static void pinner(void *arg)
{
    unsigned int me = (unsigned int)(unsigned long)arg;

    for (int i = 0; i < ROUNDS; i++) {
        long p = pin(top, 4), u = unpin(top);

        pins[me] += p == 0;
        unpins[me] += u == 0;
        if ((p && p != -XEN_EINVAL) || (u && u != -XEN_EINVAL))
            odd[me] = (unsigned long)(p ? p : u);
    }
}

TEST("race_pin_unpin", "two vCPUs that pin and unpin one tree leave exact counts")
{
    uint64_t *tables[5], *page = page_alloc();

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    top = pinned_tree(4, tables, entry_to(page, PROT_RW));
    MUST(unpin(top));
    smp_run(1, pinner, (void *)1);
    pinner(NULL);
    CHECK(smp_wait(1), "vCPU 1 does not finish");
    CHECK(!odd[0] && !odd[1], "odd errors %ld and %ld", odd[0], odd[1]);
    CHECK(pins[0] + pins[1] > 0, "no pin succeeded");
    CHECK(pins[0] + pins[1] - unpins[0] - unpins[1] <= 1, "%lu pins, %lu unpins", pins[0] + pins[1],
          unpins[0] + unpins[1]);
    if (pins[0] + pins[1] > unpins[0] + unpins[1])
        CHECK_RC(unpin(top), 0);
    CHECK_RC(unpin(top), -XEN_EINVAL);
    for (int level = 1; level <= 4; level++)
        CHECK_RC(page_set_rw(tables[level]), 0);
    MUST(page_set_ro(page));
    CHECK_RC(pin(page, 1), 0);
}
