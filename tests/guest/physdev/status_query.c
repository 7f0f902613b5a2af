/* SPDX-License-Identifier: MIT */
/* irq_status_query: every interrupt may want an EOI; the map of bits knows better. */
#include "pirqs.h"

TEST("status_query", "irq_status_query asks for EOIs and tells who shares")
{
    struct physdev_irq_status_query q = {.irq = FREE_GSI, .flags = ~0u};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_irq_status_query, &q), 0);
    CHECK_EQ(q.flags, XENIRQSTAT_needs_eoi);
    MUST(map_gsi(FREE_GSI, FREE_GSI));
    MUST(evtchn_bind_pirq(FREE_GSI, true));
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_irq_status_query, &q), 0);
    CHECK_EQ(q.flags, XENIRQSTAT_needs_eoi);
    q.irq = NO_PIRQ;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL);
    q.irq = ~0u;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL);
}
