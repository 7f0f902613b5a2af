/* SPDX-License-Identifier: MIT */
/* A second, writable mapping of a pinned table by update_va_mapping: refused for every level. */
#include "tables.h"

TEST("rw_by_update_va_mapping_refused", "update_va_mapping gives no writable alias of a table")
{
    uint64_t *alias = va_alloc(1), value;

    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level), bad = entry_to(table, PROT_RW);

        CHECK_RC(remap(alias, bad), -XEN_EBUSY);
        CHECK_FAULT(try_read(alias, &value), TRAP_PF);
        CHECK_RC(remap(alias, entry_to(table, PROT_RO)), 0);
        CHECK_NO_FAULT(try_read(alias, &value));
        CHECK_FAULT(try_write(alias, bad), TRAP_PF);
        CHECK_RC(remap(alias, 0), 0);
    }
}
