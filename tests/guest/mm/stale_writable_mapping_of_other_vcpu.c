/* SPDX-License-Identifier: MIT */
/*
 * The TLB that matters may be another CPU's: vCPU 1 writes a page in a loop while vCPU 0 makes it
 * read-only and pins it as L2, L3 or L4, to which no store is emulated. From the pin on vCPU 1
 * must fault, so the table stays as it was. [TYP-6]
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

static uint64_t *volatile target;
static volatile uint64_t writes;
static volatile int faulted;

static void writer(void *arg)
{
    uint64_t value = 0;

    (void)arg;
    while (try_write(target, (value += 0x100) & 0xffff00).vector == FAULT_NONE)
        writes++;
    faulted = 1;
}

TEST("stale_writable_mapping_of_other_vcpu",
     "a vCPU that writes a page faults once another pins it")
{
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    for (int round = 0; round < 8; round++) {
        uint64_t *page = page_alloc(), deadline = time_ns() + DEADLINE_NS, value, before = writes;

        target = page;
        faulted = 0;
        smp_run(1, writer, NULL);
        while (writes < before + 100 && time_ns() < deadline)
            cpu_relax();
        CHECK(writes >= before + 100, "vCPU 1 does not write");
        MUST(pt_write(pte_maddr(page), entry_to(page, PROT_RO)));
        CHECK_RC(pin(page, round % 3 + 2), 0);
        value = *(volatile uint64_t *)page;
        while (!faulted && time_ns() < deadline)
            cpu_relax();
        CHECK(faulted, "vCPU 1 still writes the table");
        CHECK_EQ(*(volatile uint64_t *)page, value);
        CHECK(smp_wait(1), "vCPU 1 does not come back");
    }
}
