/* SPDX-License-Identifier: MIT */
/* Beyond the list at its start, the hypervisor's range is neither readable nor writable. */
#include "tables.h"

TEST("hypervisor_range_invisible", "reads and writes of the hypervisor's range fault like a hole")
{
    static const unsigned long addresses[] = {
        0xffff804000000000ul, 0xffff818000000000ul, 0xffff81c000000000ul, 0xffff820000000000ul,
        0xffff82d000000000ul, 0xffff82d040000000ul, 0xffff82d040200000ul, 0xffff830000000000ul,
        0xffff830000001000ul, 0xffff87fffffff000ul,
    };
    uint64_t value;

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct fault f = try_read((void *)addresses[i], &value);

        CHECK(f.vector == TRAP_PF, "%lx is readable", addresses[i]);
        CHECK_EQ(f.cr2, addresses[i]);
        f = try_write((void *)addresses[i], 0);
        CHECK(f.vector == TRAP_PF, "%lx is writable", addresses[i]);
        f = try_exec((void *)addresses[i]);
        CHECK(f.vector == TRAP_PF, "%lx is executable", addresses[i]);
    }
}
