/* SPDX-License-Identifier: MIT */
/*
 * The recursive entry may also name another table of the same level, which then cannot have
 * recursive entries itself: chains would defeat the counts.
 */
#include "tables.h"

TEST("linear_table_of_another", "a recursive entry may name another table, but not in a chain")
{
    for (int level = 2; level <= 4; level++) {
        uint64_t *a = pinned_table(level), *b = pinned_table(level), *c = pinned_table(level);

        CHECK_RC(pt_write(entry_of(a, 1), entry_to(b, PROT_RO)), 0);
        CHECK_RC(pt_write(entry_of(b, 1), entry_to(c, PROT_RO)), -XEN_EINVAL);
        CHECK_RC(pt_write(entry_of(c, 1), entry_to(a, PROT_RO)), -XEN_EINVAL);
        CHECK_RC(pt_write(entry_of(c, 1), entry_to(b, PROT_RO)), 0);
        CHECK_RC(pt_write(entry_of(c, 1), 0), 0);
        CHECK_RC(pt_write(entry_of(a, 1), 0), 0);
        CHECK_RC(pt_write(entry_of(b, 1), entry_to(c, PROT_RO)), 0);
        CHECK_RC(pt_write(entry_of(b, 1), 0), 0);
    }
}
