/* SPDX-License-Identifier: MIT */
/* set_trap_table from nowhere, and a table without an end at the edge of memory. */
#include "pointers.h"

TEST("set_trap_table_bad_pointer", "set_trap_table from a bad address is EFAULT")
{
    trap_info_t *table = (trap_info_t *)((char *)bad_pointers()[0].p) - 1;
    uint64_t value;

    CHECK_BAD_POINTERS(hypercall_set_trap_table(p), -XEN_EFAULT);
    /* Entries before the end of memory are taken. */
    *table = traps_table()[TRAP_PF];
    CHECK_RC(hypercall_set_trap_table(table), -XEN_EFAULT);
    CHECK_FAULT(try_read(bad_pointers()[0].p, &value), TRAP_PF);
    CHECK_ALIVE();
}
