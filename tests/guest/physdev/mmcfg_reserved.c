/* SPDX-License-Identifier: MIT */
/* The configuration window that the firmware names, and another. */
#include "pirqs.h"

TEST("mmcfg_reserved", "only the firmware's configuration window is known")
{
    struct physdev_pci_mmcfg_reserved op = {
        .address = 0xb0000000, .end_bus = 255, .flags = XEN_PCI_MMCFG_RESERVED};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_mmcfg_reserved, &op), 0);
    op.segment = 1;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_mmcfg_reserved, &op), -XEN_ENODEV);
}
