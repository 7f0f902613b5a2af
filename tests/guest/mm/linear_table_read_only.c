/* SPDX-License-Identifier: MIT */
/*
 * A table that points to itself, so that a kernel sees its tables at fixed addresses: allowed at
 * level 2 to 4 if the entry is read-only, refused if it is writable. [TYP-5]
 */
#include "tables.h"

TEST("linear_table_read_only", "a recursive entry is allowed read-only and refused writable")
{
    for (int level = 2; level <= 4; level++) {
        uint64_t *table = pinned_table(level);

        CHECK_RC(pt_write(entry_of(table, 1), entry_to(table, PROT_TABLE)), -XEN_EINVAL);
        CHECK_EQ(table[1], 0);
        CHECK_RC(pt_write(entry_of(table, 1), entry_to(table, PROT_RO)), 0);
        CHECK_EQ(table[1], entry_to(table, PROT_RO));
        CHECK_RC(pt_write(entry_of(table, 1), 0), 0);
        CHECK_RC(unpin(table), 0);
        CHECK_RC(page_set_rw(table), 0);
    }
}
