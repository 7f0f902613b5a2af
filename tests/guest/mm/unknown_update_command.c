/* SPDX-License-Identifier: MIT */
/* The low three bits of ptr are the command: 4 to 7 do not exist. */
#include "tables.h"

TEST("unknown_update_command", "mmu_update with a command above 3 is ENOSYS")
{
    uint64_t *va = va_alloc(1), at = pte_maddr(va);

    for (uint64_t cmd = 4; cmd <= 7; cmd++)
        CHECK_RC(update_as(at | cmd, 0, DOMID_SELF), -XEN_ENOSYS);
    CHECK_EQ(pte_read(va), 0);
}
