/* SPDX-License-Identifier: MIT */
/* Grants are no way around the types: a pinned table maps by grant read-only, never writable. */
#include "tables.h"

TEST("rw_by_grant_refused", "a granted page table cannot be mapped writable")
{
    uint64_t *table, *va = va_alloc(1);
    grant_handle_t handle;
    grant_ref_t ref;

    CHECK_RC(grants_init(1), 0);
    for (int level = 1; level <= 4; level++) {
        table = pinned_table(level);
        ref = grant_page(0, table, 0);
        CHECK_RC(grant_map_at(va, 0, ref, 0, &handle), GNTST_general_error);
        CHECK_FAULT(try_write(va, PATTERN), TRAP_PF);
        CHECK(grant_end(ref), "the refused map left the grant in use");
    }
}
