/* SPDX-License-Identifier: MIT */
/* Scheduler operations with arguments, and lists of ports, that are not there. */
#include "pointers.h"

static long poll(void *ports, unsigned int n)
{
    struct sched_poll op = {.nr_ports = n, .timeout = 1};

    set_xen_guest_handle(op.ports, ports);
    return hypercall_sched_op(SCHEDOP_poll, &op);
}

TEST("sched_op_bad_pointer", "sched_op with a bad argument is EFAULT and does nothing")
{
    static const int cmds[] = {SCHEDOP_shutdown,      SCHEDOP_poll,     SCHEDOP_remote_shutdown,
                               SCHEDOP_shutdown_code, SCHEDOP_watchdog, SCHEDOP_pin_override};
    evtchn_port_t port = 0;

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        int cmd = cmds[i];

        CHECK_RC(hypercall_sched_op(cmd, NULL), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_sched_op(cmd, p), -XEN_EFAULT);
    }
    CHECK_BAD_POINTERS(poll(p, 1), -XEN_EFAULT);
    CHECK_RC(poll(NULL, 1), -XEN_EFAULT);
    CHECK_RC(poll(&port, 129), -XEN_EINVAL);
    CHECK_RC(poll(&port, ~0u), -XEN_EINVAL);
    CHECK_RC(hypercall_sched_op(77, NULL), -XEN_ENOSYS);
    CHECK_ALIVE();
}
