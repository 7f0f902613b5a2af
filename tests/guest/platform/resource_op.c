/* SPDX-License-Identifier: MIT */
/* resource_op reads the TSC as system time and refuses the rest, entry by entry. */
#include "platform.h"

static struct xenpf_resource_entry e[4];

static long resource(uint32_t nr, uint32_t cpu)
{
    op.u.resource_op.nr_entries = nr;
    op.u.resource_op.cpu = cpu;
    set_xen_guest_handle(op.u.resource_op.entries, e);
    return platform(XENPF_resource_op);
}

TEST("resource_op", "resource_op reads the TSC only")
{
    CHECK_RC(resource(0, 99), 0);
    CHECK_RC(resource(4, 0), -XEN_EINVAL);
    e[0] = (struct xenpf_resource_entry){.u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0x10};
    CHECK_RC(resource(1, 99), -XEN_ENODEV);
    e[1] = (struct xenpf_resource_entry){.u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0xc0000080};
    CHECK_RC(resource(2, 0), 1);
    CHECK_RC(e[1].u.ret, -XEN_EPERM);
    e[0] = (struct xenpf_resource_entry){.u.cmd = 7, .idx = 0x10};
    CHECK_RC(resource(1, 0), 0);
    CHECK_RC(e[0].u.ret, -XEN_EOPNOTSUPP);
    e[0] = (struct xenpf_resource_entry){.u.cmd = XEN_RESOURCE_OP_MSR_WRITE, .idx = 0x10};
    CHECK_RC(resource(1, 0), 0);
    CHECK_RC(e[0].u.ret, -XEN_EPERM);
    e[0] = (struct xenpf_resource_entry){.u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0x10, .rsvd = 1};
    CHECK_RC(resource(1, 0), 0);
    CHECK_RC(e[0].u.ret, -XEN_EINVAL);
}
