/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* A vCPU that was never brought up can be sent events; they wait in its vcpu_info. */
#include "ports.h"

TEST("ipi_to_absent_vcpu", "an event for a vCPU that never ran is kept for it")
{
    struct vcpu_info *info = &shared_info->vcpu_info[1];
    evtchn_port_t port;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    port = ipi_port(1);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(evtchn_pending(port), "the pending bit is clear");
    CHECK_EQ(info->evtchn_pending_sel, 1ul << (port / 64));
    CHECK_EQ(info->evtchn_upcall_pending, 1);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
}
