/* SPDX-License-Identifier: MIT */
/* Telling of PCI functions that come and go, are restored, have or have not MSI-X. */
#include "pirqs.h"

TEST("pci_functions", "PCI functions are announced and taken back")
{
    struct physdev_pci_device_add add = {.devfn = AHCI_DEVFN};
    struct physdev_pci_device dev = {.devfn = AHCI_DEVFN}, none = {.devfn = 0x1e << 3};
    struct physdev_manage_pci old = {.devfn = AHCI_DEVFN};
    struct physdev_restore_msi restore = {.devfn = AHCI_DEVFN};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_device_add, &add), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_device_add, &add), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_manage_pci_add, &old), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_restore_msi_ext, &dev), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_restore_msi, &restore), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_restore_msi_ext, &none), -XEN_ENODEV);
    /* Not of one without MSI-X: Xen 4.17 panics. */
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_prepare_msix, &none), -XEN_ENODEV);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_release_msix, &none), -XEN_ENODEV);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_device_remove, &dev), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pci_device_remove, &none), -XEN_ENODEV);
}
