/* SPDX-License-Identifier: MIT */
/*
 * unmap_and_replace moves the entry of a second address to where the grant was, and clears it
 * there. A new address without tables is refused and changes nothing.
 */
#include "self.h"

static int replace(void *va, unsigned long new_addr, grant_handle_t handle)
{
    struct gnttab_unmap_and_replace op = {
        .host_addr = (unsigned long)va, .new_addr = new_addr, .handle = handle};

    MUST(hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1));
    return op.status;
}

TEST("unmap_and_replace", "unmap_and_replace puts another mapping in the place of a grant's")
{
    struct offer o = offer(0xa1, 0);
    uint64_t *va = va_alloc(1), *page = page_alloc(), *spare, value;
    grant_handle_t handle = map_at(va, o.ref, 0);

    *page = 0xb2;
    spare = map_frames(va_to_mfn(page), 1, PROT_RW);
    CHECK_RC(replace(va, (unsigned long)spare, handle + 1), GNTST_bad_handle);
    CHECK_RC(replace(va, 0x7f0000000000, handle), GNTST_general_error);
    CHECK_RC(replace(va, HYPERVISOR_VIRT_START, handle), GNTST_general_error);
    CHECK_EQ(*va, 0xa1);
    CHECK_RC(replace(va, (unsigned long)spare, handle), GNTST_okay);
    CHECK_EQ(*(volatile uint64_t *)va, 0xb2);
    CHECK_FAULT(try_read(spare, &value), TRAP_PF);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
    CHECK_RC(replace(va, (unsigned long)spare, handle), GNTST_bad_handle);
}
