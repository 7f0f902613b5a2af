/* SPDX-License-Identifier: MIT */
/* An L1 table whose entry maps the table itself writable: refused; read-only is fine. */
#include "tables.h"

TEST("rw_of_itself_refused", "an L1 that maps itself is valid only if it does so read-only")
{
    uint64_t *l1 = page_alloc();

    l1[5] = entry_to(l1, PROT_RW);
    MUST(page_set_ro(l1));
    CHECK_RC(pin(l1, 1), -XEN_EBUSY);
    MUST(page_set_rw(l1));
    l1[5] = entry_to(l1, PROT_RO);
    MUST(page_set_ro(l1));
    CHECK_RC(pin(l1, 1), 0);
    CHECK_RC(pt_write(entry_of(l1, 5), entry_to(l1, PROT_RW)), -XEN_EBUSY);
    CHECK_EQ(l1[5] & ~PTE_HV, entry_to(l1, PROT_RO));
    CHECK_RC(unpin(l1), 0);
    CHECK_RC(page_set_rw(l1), 0);
}
