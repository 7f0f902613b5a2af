/* SPDX-License-Identifier: MIT */
/* Version 2 of the table: chosen, told, its status frames found, and left again. */
#include "self.h"

static long set_version(uint32_t version)
{
    struct gnttab_set_version op = {.version = version};

    return hypercall_grant_table_op(GNTTABOP_set_version, &op, 1);
}

TEST("version_2", "a domain can choose version 2 of the grant table and go back")
{
    struct gnttab_get_version get = {.dom = DOMID_SELF};
    struct gnttab_get_status_frames status = {.nr_frames = 1, .dom = DOMID_SELF};
    static uint64_t frame;

    set_xen_guest_handle(status.frame_list, &frame);
    CHECK_RC(set_version(2), 0);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
    CHECK_EQ(get.version, 2);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_status_frames, &status, 1), 0);
    CHECK_RC(status.status, GNTST_okay);
    CHECK(frame, "no status frame");
    CHECK_RC(set_version(1), 0);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
    CHECK_EQ(get.version, 1);
}
