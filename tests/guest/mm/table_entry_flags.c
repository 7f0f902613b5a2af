/* SPDX-License-Identifier: MIT */
/*
 * Entries of L2 to L4 may carry RW, A, D, NX and the available bits, and give them back; PWT, PCD,
 * page size and global are refused. US is added, and A at the top.
 */
#include "tables.h"

#define FREE_BITS (PTE_RW | PTE_US | PTE_A | PTE_D | PTE_AVAIL | 0x7fful << 52 | PTE_NX)

TEST("table_entry_flags", "PWT, PCD, PSE and G in a table entry are EINVAL, other flags are kept")
{
    for (int level = 2; level <= 4; level++) {
        uint64_t *lower = pinned_table(level - 1), *table = pinned_table(level);

        for (int bit = 1; bit < 64; bit = bit == 11 ? 52 : bit + 1) {
            uint64_t flag = 1ul << bit, entry = entry_to(lower, PTE_P) | flag;
            long rc = pt_write(entry_of(table, 0), entry);

            CHECK(rc == (flag & FREE_BITS ? 0 : -XEN_EINVAL), "L%d bit %d: %ld", level, bit, rc);
            CHECK((table[0] & ~(PTE_US | PTE_A)) == (rc ? 0 : entry & ~(PTE_US | PTE_A)),
                  "L%d bit %d: entry %lx", level, bit, table[0]);
            CHECK(rc || table[0] & PTE_US, "L%d: no user bit", level);
            CHECK_RC(pt_write(entry_of(table, 0), 0), 0);
        }
    }
}
