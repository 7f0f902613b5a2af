/* SPDX-License-Identifier: MIT */
/* vm_assist can be asked for writable page tables, but stores are emulated even when it is off. */
#include "store.h"

TEST("store_needs_no_assist", "stores to an L1 are emulated with the assist enabled or disabled")
{
    uint64_t *l1 = pinned_table(1);

    CHECK_RC(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    CHECK_NO_FAULT(try_write(l1, PATTERN));
    CHECK_EQ(l1[0], PATTERN);
    CHECK_RC(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    CHECK_NO_FAULT(try_write(l1, 0));
    CHECK_EQ(l1[0], 0);
}
