/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=gnttab=max-ver:1 */
/* Versions of the table where the administrator forbids version 2, as Philoxen always does. */
#include "self.h"

static long set_version(uint32_t *version)
{
    struct gnttab_set_version op = {.version = *version};
    long rc = hypercall_grant_table_op(GNTTABOP_set_version, &op, 1);

    *version = op.version;
    return rc;
}

TEST("version_1_only", "without version 2 set_version refuses it and says what there is")
{
    struct gnttab_get_version get = {.dom = DOMID_SELF};
    uint32_t version = 2;

    CHECK_RC(set_version(&version), -XEN_ENOSYS);
    CHECK_EQ(version, 1);
    version = 3;
    CHECK_RC(set_version(&version), -XEN_EINVAL);
    CHECK_EQ(version, 1);
    version = 0;
    CHECK_RC(set_version(&version), -XEN_EINVAL);
    CHECK_EQ(version, 1);
    version = 1;
    CHECK_RC(set_version(&version), 0);
    CHECK_EQ(version, 1);

    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_version, &get, 1), 0);
    CHECK_EQ(get.version, 1);
    get.dom = NO_DOMID;
    CHECK_RC(hypercall_grant_table_op(GNTTABOP_get_version, &get, 1), -XEN_ESRCH);
}
