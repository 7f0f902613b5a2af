/* SPDX-License-Identifier: MIT */
/* A frame list that cannot be written, in an argument that can. */
#include "self.h"

static long setup(void *list, int *status)
{
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 1, .status = 99};
    long rc;

    set_xen_guest_handle(op.frame_list, list);
    rc = hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1);
    *status = op.status;
    return rc;
}

TEST("setup_table_bad_list", "an unmapped list is a bad status, the hypervisor's memory EFAULT")
{
    int status;

    CHECK_RC(setup(va_alloc(1), &status), 0);
    CHECK_EQ(status, GNTST_bad_virt_addr);
    CHECK_RC(setup((void *)HYPERVISOR_VIRT_START, &status), -XEN_EFAULT);
    CHECK_EQ(status, 99);
}
