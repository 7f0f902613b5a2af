/* SPDX-License-Identifier: MIT */
/*
 * philoxen_op (abi/philoxen.h): where it exists, it tells the control domain its refusals, newest last, in words; where it does
 * not, as on Xen, it is an unknown hypercall. A pass is either, and nothing in between.
 */
#include "harness.h"
#include <philoxen.h>

static struct phx_refusal list[4];
static struct phx_obituary obituary;

TEST("refusals", "the hypervisor's own hypercall is there whole or not at all")
{
    struct phx_refusals a = {.domid = 0, .room = 4, .buffer = (uint64_t)list};
    long version = hypercall_philoxen_op(PHXOP_version, NULL);

    if (version == -XEN_ENOSYS) {
        CHECK_RC(hypercall_philoxen_op(PHXOP_refusals, &a), -XEN_ENOSYS);
        return;
    }
    CHECK_RC(version, PHX_VERSION);
    CHECK_RC(hypercall_sched_op(99, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_philoxen_op(PHXOP_refusals, &a), 0);
    CHECK(a.count >= 1 && a.count <= 4, "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    CHECK(list[a.count - 1].hypercall == __HYPERVISOR_sched_op, "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    CHECK(list[a.count - 1].sub == 99 && list[a.count - 1].err == -XEN_ENOSYS, "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    CHECK(!strcmp(list[a.count - 1].name, "sched_op"), "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    CHECK(!strcmp(list[a.count - 1].text, "sub-operation 0x63 does not exist"), "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    a.after = list[a.count - 1].seq;
    CHECK_RC(hypercall_philoxen_op(PHXOP_refusals, &a), 0);
    CHECK(a.count == 0, "count %u, last %u(%u) %d", a.count, list[0].hypercall, list[0].sub, list[0].err);
    a.domid = 0x1234;
    CHECK_RC(hypercall_philoxen_op(PHXOP_refusals, &a), -XEN_ESRCH);
    CHECK_RC(hypercall_philoxen_op(PHXOP_refusals, (void *)8), -XEN_EFAULT);
    CHECK_RC(hypercall_philoxen_op(PHXOP_obituary, &obituary), -XEN_ENOENT);
    CHECK_RC(hypercall_philoxen_op(77, &a), -XEN_ENOSYS);
}
