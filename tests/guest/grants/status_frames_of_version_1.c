/* SPDX-License-Identifier: MIT */
/* The status frames belong to version 2 of the table: a version 1 table has none to give. */
#include "self.h"

TEST("status_frames_of_version_1", "get_status_frames gives none of a version 1 table")
{
    static uint64_t frames[4];
    struct gnttab_get_status_frames op = {.nr_frames = 1, .dom = DOMID_SELF};

    set_xen_guest_handle(op.frame_list, frames);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_status_frames, &op, 1), 0);
    CHECK_RC(op.status, GNTST_general_error);
    CHECK_EQ(frames[0], 0);
    op.nr_frames = 0;
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_status_frames, &op, 1), 0);
    CHECK_RC(op.status, GNTST_okay);
    op.dom = NO_DOMID;
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_status_frames, &op, 1), 0);
    CHECK_RC(op.status, GNTST_bad_domain);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_status_frames, &op, 2), -XEN_EINVAL);
}
