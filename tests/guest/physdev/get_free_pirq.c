/* SPDX-License-Identifier: MIT */
/* Numbers that are kept for whoever asked: from the top for messages, from 16 for lines. */
#include "pirqs.h"

TEST("get_free_pirq", "get_free_pirq gives a number once")
{
    struct physdev_get_free_pirq op = {.type = MAP_PIRQ_TYPE_MSI};
    unsigned int first;

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_get_free_pirq, &op), 0);
    first = op.pirq;
    CHECK(first >= 24, "pirq %u is a line's", first);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_get_free_pirq, &op), 0);
    CHECK_EQ(op.pirq, first - 1);
    op.type = MAP_PIRQ_TYPE_GSI;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_get_free_pirq, &op), 0);
    CHECK_EQ(op.pirq, 16);
    CHECK_RC(evtchn_bind_pirq(first, false), -XEN_EPERM);
    CHECK_RC(map_gsi(FREE_GSI, (int)first), 0);
}
