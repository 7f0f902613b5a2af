/* SPDX-License-Identifier: MIT */
/* Arrays that end in the middle, and results that cannot be stored. */
#include "pointers.h"

TEST("grant_table_op_cut_array", "grant operations before the end of memory are done, then EFAULT")
{
    struct gnttab_unmap_grant_ref *ops = bad_pointers()[0].p, op = {.handle = 5000};
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};

    ops -= 3;
    for (int i = 0; i < 3; i++) {
        ops[i] = op;
        ops[i].status = 77;
    }
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, ops, 10), -XEN_EFAULT);
    for (int i = 0; i < 3; i++)
        CHECK(ops[i].status == GNTST_bad_handle, "status %d: %d", i, ops[i].status);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, read_only_copy(&op, sizeof(op)), 1),
             -XEN_EFAULT);
    set_xen_guest_handle(setup.frame_list, bad_pointers()[0].p);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    CHECK_EQ(setup.status, GNTST_bad_virt_addr);
    set_xen_guest_handle(setup.frame_list, (void *)0xffff830000000000ul);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), -XEN_EFAULT);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 2), -XEN_EINVAL);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0), 0);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_map_grant_ref, NULL, ~0u), -XEN_EINVAL);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0x7fffffff), -XEN_EFAULT);
    CHECK_ALIVE();
}
