/* SPDX-License-Identifier: MIT */
/* The I/O APIC's registers can be read through the hypervisor; writes reach only entries. */
#include "pirqs.h"

TEST("ioapic_registers", "apic_read shows the I/O APIC, of apic_write little arrives")
{
    struct physdev_apic op = {.apic_physbase = 0xfec00000, .reg = 1};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_read, &op), 0);
    CHECK_EQ(op.value, 0x170020);
    op.reg = 0x10 + 2 * 20;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_read, &op), 0);
    CHECK(op.value & 0x10000, "an unused line is not masked: %x", op.value);
    op.reg = 1;
    op.value = 0;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_write, &op), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_read, &op), 0);
    CHECK_EQ(op.value, 0x170020);
    op.apic_physbase = 0xfec01000;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_read, &op), -XEN_EINVAL);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_apic_write, &op), -XEN_EINVAL);
}
