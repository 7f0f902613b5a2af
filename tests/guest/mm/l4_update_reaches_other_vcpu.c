/* SPDX-License-Identifier: MIT */
/*
 * A new entry in an L4 that another vCPU runs on, and its removal, are seen there at once: a
 * hypervisor that keeps copies of L4 tables has to bring them up to date.
 */
/* TEST-REQUIRES: smp=2 */
#include "tables.h"

#define VA 0x500000000000ul

static struct fault seen;
static uint64_t value;

static void look(void *arg)
{
    (void)arg;
    value = 0;
    seen = try_read((void *)VA, &value);
}

TEST("l4_update_reaches_other_vcpu", "an L4 entry set or cleared by one vCPU counts for the others")
{
    uint64_t *page = page_alloc(), at;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(smp_start(1), 0);
    *page = PATTERN;
    smp_call(1, look, NULL);
    CHECK_FAULT(seen, TRAP_PF);
    MUST(map_page(&kernel_aspace, VA, mfn_of(page), PROT_RW));
    smp_call(1, look, NULL);
    CHECK_NO_FAULT(seen);
    CHECK_EQ(value, PATTERN);
    at = pt_entry(kernel_aspace.l4_mfn, VA, 4, NULL);
    MUST(pt_write(at, 0));
    smp_call(1, look, NULL);
    CHECK_FAULT(seen, TRAP_PF);
}
