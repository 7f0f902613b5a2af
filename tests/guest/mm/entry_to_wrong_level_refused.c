/* SPDX-License-Identifier: MIT */
/* A table entry must name a table of exactly the next level: all twelve other pairs are refused. */
#include "tables.h"

TEST("entry_to_wrong_level_refused", "a table entry names a table of the next level or nothing")
{
    uint64_t *tables[5];

    for (int level = 1; level <= 4; level++)
        tables[level] = pinned_table(level);
    for (int level = 2; level <= 4; level++) {
        for (int lower = 1; lower <= 4; lower++) {
            uint64_t *table = pinned_table(level);
            long rc = pt_write(entry_of(table, 1), entry_to(tables[lower], PROT_TABLE));

            if (lower == level)
                continue; /* Recursive tables are a claim of their own. */
            CHECK(rc == (lower == level - 1 ? 0 : -XEN_EINVAL), "L%d -> L%d: %ld", level, lower,
                  rc);
        }
    }
}
