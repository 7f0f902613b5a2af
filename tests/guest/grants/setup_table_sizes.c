/* SPDX-License-Identifier: MIT */
/*
 * setup_table: nothing, what there is, more and more, too much, for absent domains, badly pointed.
 */
#include "self.h"

static xen_pfn_t frames[64];

static long setup(domid_t dom, unsigned int n, xen_pfn_t *list, int *status)
{
    struct gnttab_setup_table op = {.dom = dom, .nr_frames = n, .status = 99};
    long rc;

    set_xen_guest_handle(op.frame_list, list);
    rc = hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1);
    *status = op.status;
    return rc;
}

static void check_setup(domid_t dom, unsigned int n, xen_pfn_t *list, int wanted)
{
    int status;
    long rc = setup(dom, n, list, &status);

    CHECK(rc == 0 && status == wanted, "%u frames of %x: %ld, status %d", n, dom, rc, status);
}

TEST("setup_table_sizes", "setup_table names frames that stay the same, up to the domain's limit")
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    xen_pfn_t first;

    check_setup(DOMID_SELF, 0, frames, GNTST_okay);
    CHECK_EQ(frames[0], 0);
    check_setup(DOMID_SELF, 1, frames, GNTST_okay);
    first = frames[0];
    CHECK(first, "the first frame is 0");
    check_setup(OWN_DOMID, 3, frames, GNTST_okay);
    CHECK_EQ(frames[0], first);
    CHECK(frames[1] && frames[2] && frames[1] != frames[2], "%lx, %lx", frames[1], frames[2]);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    CHECK(size.nr_frames >= 3, "only %u frames", size.nr_frames);
    REQUIRE(size.max_nr_frames < 1000, "the limit is %u", size.max_nr_frames);

    check_setup(DOMID_SELF, size.max_nr_frames + 1, frames, GNTST_general_error);
    check_setup(DOMID_SELF, 0x7fffffff, frames, GNTST_general_error);
    check_setup(DOMID_SELF, ~0u, frames, GNTST_general_error);
    check_setup(NO_DOMID, 1, frames, GNTST_bad_domain);
    check_setup(DOMID_XEN, 1, frames, GNTST_bad_domain);
    check_setup(DOMID_SELF, 1, frames, GNTST_okay);
    CHECK_EQ(frames[0], first);
}
