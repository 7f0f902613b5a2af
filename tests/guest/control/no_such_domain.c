/* SPDX-License-Identifier: MIT */
/* Every operation on a domain that is not there, and on numbers that are no domain's. */
#include "ops.h"

static const domid_t nobody[] = {NOBODY, DOMID_SELF, DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, 0xffff};

/* These look for the domain in their own way, or not at all for a reserved number. */
static bool finds_itself(uint32_t cmd, domid_t id)
{
    return cmd == XEN_DOMCTL_createdomain || cmd == XEN_DOMCTL_getdomaininfo ||
           (id >= DOMID_FIRST_RESERVED &&
            (cmd == XEN_DOMCTL_assign_device || cmd == XEN_DOMCTL_test_assign_device ||
             cmd == XEN_DOMCTL_deassign_device || cmd == XEN_DOMCTL_vm_event_op));
}

TEST("no_such_domain", "operations on a domain that does not exist are ESRCH, known or not")
{
    for (uint32_t cmd = 0; cmd < 100; cmd++)
        for (unsigned int i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
            if (!finds_itself(cmd, nobody[i]))
                CHECK_RC(domctl0(cmd, nobody[i]), -XEN_ESRCH);
    CHECK_RC(domctl0(XEN_DOMCTL_getdomaininfo, NOBODY), -XEN_ESRCH);
    CHECK_RC(domctl0(XEN_DOMCTL_getdomaininfo, DOMID_SELF), -XEN_EINVAL);
}
