/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * Moving ports to another vCPU: unbound, interdomain and global VIRQ ports move; IPIs and VIRQs of
 * a vCPU do not, not even to where they are; closed and impossible ports are refused.
 */
#include "ports.h"

static void check_moves(evtchn_port_t port)
{
    struct evtchn_status status;

    CHECK_RC(evtchn_bind_vcpu(port, 1), 0);
    CHECK_RC(evtchn_status(port, &status), 0);
    CHECK_EQ(status.vcpu, 1);
    CHECK_RC(evtchn_bind_vcpu(port, 1000), -XEN_ENOENT);
    CHECK_RC(evtchn_bind_vcpu(port, ~0u), -XEN_ENOENT);
    CHECK_RC(evtchn_status(port, &status), 0);
    CHECK_EQ(status.vcpu, 1);
}

TEST("bind_vcpu_by_state", "what belongs to a vCPU cannot be moved to another one")
{
    evtchn_port_t offered, bound = loopback(&offered), closed = unbound_port(), moved;
    struct evtchn_status status;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(evtchn_close(closed), 0);
    CHECK_RC(evtchn_bind_vcpu(closed, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(closed, 1000), -XEN_ENOENT);
    CHECK_RC(evtchn_bind_vcpu(0, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(NEVER_USED, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(NR_PORTS, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(~0u, 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(ipi_port(0), 1), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(ipi_port(0), 0), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_vcpu(virq_port(VIRQ_TIMER), 1), -XEN_EINVAL);
    check_moves(bound);
    check_moves(offered);
    check_moves(virq_port(VIRQ_DOM_EXC));
    moved = unbound_port();
    check_moves(moved);

    /* Whoever gets the port next finds it at vCPU 0. */
    CHECK_RC(evtchn_close(moved), 0);
    CHECK_EQ(unbound_port(), moved);
    CHECK_RC(evtchn_status(moved, &status), 0);
    CHECK_EQ(status.vcpu, 0);
}
