/* SPDX-License-Identifier: MIT */
/* Vectors are the hypervisor's: a guest is given its own number back. */
#include "pirqs.h"

TEST("alloc_irq_vector", "alloc_irq_vector gives the number back")
{
    struct physdev_irq op = {.irq = 9, .vector = 77};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_alloc_irq_vector, &op), 0);
    CHECK_EQ(op.vector, 9);
    op.irq = NO_PIRQ;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_alloc_irq_vector, &op), 0);
    CHECK_EQ(op.vector, NO_PIRQ);
}
