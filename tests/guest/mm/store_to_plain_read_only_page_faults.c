/* SPDX-License-Identifier: MIT */
/* A read-only page that is no table is not written by anything, emulation on or not. */
#include "store.h"

TEST("store_to_plain_read_only_page_faults", "a read-only page of no table type is not emulated")
{
    uint64_t *page = pt_page_alloc(), *unpinned = pinned_table(1);

    writable_tables_on();
    CHECK_FAULT(try_write(page, 0), TRAP_PF);
    CHECK_NO_FAULT(try_write(unpinned, 0));
    MUST(unpin(unpinned));
    CHECK_FAULT(try_write(unpinned, 0), TRAP_PF);
    /* Half one, half the other: the last bytes of a table and the first of the next page. */
    CHECK_FAULT(try_write((char *)page - 4, 0), TRAP_PF);
}
