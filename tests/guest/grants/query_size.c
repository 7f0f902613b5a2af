/* SPDX-License-Identifier: MIT */
/* query_size for this domain and for domains that do not exist. */
#include "self.h"

TEST("query_size", "query_size tells the table's size and limit, of domains that exist")
{
    struct gnttab_query_size op = {.dom = DOMID_SELF};

    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
    CHECK_RC(op.status, GNTST_okay);
    CHECK(op.nr_frames >= 1 && op.nr_frames <= op.max_nr_frames, "%u of %u", op.nr_frames,
          op.max_nr_frames);
    CHECK_EQ(op.max_nr_frames, 64);
    op.dom = OWN_DOMID;
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
    CHECK_RC(op.status, GNTST_okay);
    op.dom = NO_DOMID;
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &op, 1), 0);
    CHECK_RC(op.status, GNTST_bad_domain);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &op, 2), -XEN_EINVAL);
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_query_size, &op, 0), -XEN_EINVAL);
}
