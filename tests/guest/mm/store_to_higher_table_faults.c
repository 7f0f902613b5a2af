/* SPDX-License-Identifier: MIT */
/* Only L1 tables are emulated: a direct store to an L2, L3 or L4 is the guest's own page fault. */
#include "store.h"

TEST("store_to_higher_table_faults", "direct stores to L2, L3 and L4 tables fault, zero included")
{
    writable_tables_on();
    for (int level = 2; level <= 4; level++) {
        uint64_t *table = pinned_table(level);
        struct fault f = try_write(table, 0);

        CHECK_FAULT(f, TRAP_PF);
        CHECK_EQ(f.cr2, table);
        CHECK_EQ(f.error_code, PF_PRESENT | PF_WRITE);
    }
}
