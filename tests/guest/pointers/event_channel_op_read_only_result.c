/* SPDX-License-Identifier: MIT */
/* A new port whose number cannot be stored: whether it stays open is not said. [HC-3] */
#include "pointers.h"

TEST("event_channel_op_read_only_result", "an operation that cannot store its new port is EFAULT")
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = 0};
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_bind_virq virq = {.virq = VIRQ_DEBUG, .vcpu = 0};
    void *ro = read_only_copy(&alloc, sizeof(alloc)), *ro_ipi = read_only_copy(&ipi, sizeof(ipi));
    void *ro_virq = read_only_copy(&virq, sizeof(virq));

    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, ro), -XEN_EFAULT);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_bind_ipi, ro_ipi), -XEN_EFAULT);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_bind_virq, ro_virq), -XEN_EFAULT);
    CHECK(evtchn_alloc_unbound(DOMID_SELF, 0) > 0, "no port can be had any more");
    CHECK_ALIVE();
}
