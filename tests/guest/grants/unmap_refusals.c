/* SPDX-License-Identifier: MIT */
/*
 * Unmapping with a handle that is none, at another address than the mapping's, twice. A pass: the
 * mapping stays until the right call, and is gone after it.
 */
#include "self.h"

TEST("unmap_refusals", "only the right handle at the right address unmaps, and once")
{
    struct offer o = offer(0x4444, 0);
    uint64_t *va = va_alloc(2), *other = va + PAGE_SIZE / 8, value;
    grant_handle_t handle = map_at(va, o.ref, 0);

    CHECK_RC(grant_unmap(va, handle + 1), GNTST_bad_handle);
    CHECK_RC(grant_unmap(va, ~0u), GNTST_bad_handle);
    CHECK_RC(grant_unmap(va, 1u << 24), GNTST_bad_handle);
    CHECK_RC(grant_unmap(other, handle), GNTST_general_error);
    CHECK_RC(grant_unmap((void *)HYPERVISOR_VIRT_START, handle), GNTST_general_error);
    CHECK_RC(grant_unmap((void *)0x7f0000000000, handle), GNTST_general_error);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_EQ(*va, 0x4444);

    CHECK_RC(grant_unmap(va, handle), GNTST_okay);
    CHECK_RC(grant_unmap(va, handle), GNTST_bad_handle);
    CHECK_FAULT(try_read(va, &value), TRAP_PF);
}
