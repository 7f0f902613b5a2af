/* SPDX-License-Identifier: MIT */
/* Polls with too many ports, ports that cannot be, lists and arguments that cannot be read. */
#include "harness.h"

TEST("poll_bad_arguments", "a poll of more than 128 ports or of an impossible port is EINVAL")
{
    static evtchn_port_t list[129];
    evtchn_port_t ipi = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    uint64_t past = 1;

    for (int i = 0; i < 129; i++)
        list[i] = ipi;
    CHECK_RC(sched_poll(list, 129, past), -XEN_EINVAL);
    CHECK_RC(sched_poll(list, ~0u, past), -XEN_EINVAL);
    CHECK_RC(sched_poll(list, 128, past), 0);
    list[0] = 4096;
    CHECK_RC(sched_poll(list, 1, past), -XEN_EINVAL);
    list[0] = ~0u;
    CHECK_RC(sched_poll(list, 1, past), -XEN_EINVAL);
    list[0] = ipi;
    list[2] = 1u << 31;
    CHECK_RC(sched_poll(list, 3, past), -XEN_EINVAL);
    CHECK_RC(sched_poll((void *)HYPERVISOR_VIRT_START, 1, past), -XEN_EFAULT);
    CHECK_RC(sched_poll(va_alloc(1), 1, past), -XEN_EFAULT);
    CHECK_RC(hypercall_sched_op(SCHEDOP_poll, (void *)HYPERVISOR_VIRT_START), -XEN_EFAULT);
    CHECK_RC(hypercall_sched_op(SCHEDOP_poll, NULL), -XEN_EFAULT);
}
