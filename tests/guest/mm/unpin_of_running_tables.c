/* SPDX-License-Identifier: MIT */
/* Unpinning the L4 one runs on is allowed: being run on holds it just as well. */
#include "tables.h"

TEST("unpin_of_running_tables", "the L4 in use may be unpinned, stays a table, and may be pinned")
{
    uint64_t *l4 = mfn_to_va(kernel_aspace.l4_mfn), *page = page_alloc();

    CHECK_RC(unpin(l4), 0);
    CHECK_RC(page_set_rw(l4), -XEN_EBUSY);
    CHECK_RC(remap(page, entry_to(page, PROT_RO)), 0);
    CHECK_FAULT(try_write(page, 1), TRAP_PF);
    CHECK_RC(unpin(l4), -XEN_EINVAL);
    CHECK_RC(pin(l4, 4), 0);
    CHECK_RC(unpin(l4), 0);
}
