/* SPDX-License-Identifier: MIT */
/* Operations without a meaning are ENOSYS, those with one and a bad pointer EFAULT. */
#include "ports.h"

static void *const bad_pointers[] = {
    NULL,
    (void *)0x8000000000000000,
    (void *)HYPERVISOR_VIRT_START,
    (void *)(HYPERVISOR_VIRT_END - 4),
};

static const int ops[] = {
    EVTCHNOP_bind_interdomain,
    EVTCHNOP_bind_virq,
    EVTCHNOP_bind_pirq,
    EVTCHNOP_close,
    EVTCHNOP_send,
    EVTCHNOP_status,
    EVTCHNOP_alloc_unbound,
    EVTCHNOP_bind_ipi,
    EVTCHNOP_bind_vcpu,
    EVTCHNOP_unmask,
    EVTCHNOP_reset,
};

TEST("unknown_event_op", "unknown event_channel_ops are ENOSYS, unreadable arguments EFAULT")
{
    CHECK_RC(hypercall_event_channel_op(15, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_event_channel_op(100, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_event_channel_op(-1, NULL), -XEN_ENOSYS);
    for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        for (unsigned int j = 0; j < sizeof(bad_pointers) / sizeof(bad_pointers[0]); j++) {
            long rc = hypercall_event_channel_op(ops[i], bad_pointers[j]);

            CHECK(rc == -XEN_EFAULT, "operation %d at %p gives %ld", ops[i], bad_pointers[j], rc);
        }
}
