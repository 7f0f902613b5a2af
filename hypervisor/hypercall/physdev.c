/* SPDX-License-Identifier: MIT */
/*
 * physdev_op(cmd, pointer): of the device operations only those that a guest kernel needs for its own I/O privilege: set_iopl
 * and set_iobitmap. The others come with Dom0's devices: -ENOSYS, or -EFAULT first when their structure cannot be read.
 */
#include "core/ioport.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/physdev.h>

static const uint8_t arg_bytes[] = {
    [PHYSDEVOP_eoi] = sizeof(struct physdev_eoi),
    [PHYSDEVOP_irq_status_query] = sizeof(struct physdev_irq_status_query),
    [PHYSDEVOP_set_iopl] = sizeof(struct physdev_set_iopl),
    [PHYSDEVOP_set_iobitmap] = sizeof(struct physdev_set_iobitmap),
    [PHYSDEVOP_apic_read] = sizeof(struct physdev_apic),
    [PHYSDEVOP_apic_write] = sizeof(struct physdev_apic),
    [PHYSDEVOP_alloc_irq_vector] = sizeof(struct physdev_irq),
    [PHYSDEVOP_map_pirq] = sizeof(struct physdev_map_pirq),
    [PHYSDEVOP_unmap_pirq] = sizeof(struct physdev_unmap_pirq),
    [PHYSDEVOP_manage_pci_add] = sizeof(struct physdev_manage_pci),
    [PHYSDEVOP_manage_pci_remove] = sizeof(struct physdev_manage_pci),
    [PHYSDEVOP_restore_msi] = sizeof(struct physdev_restore_msi),
    [PHYSDEVOP_manage_pci_add_ext] = sizeof(struct physdev_manage_pci_ext),
    [PHYSDEVOP_setup_gsi] = sizeof(struct physdev_setup_gsi),
    [PHYSDEVOP_get_free_pirq] = sizeof(struct physdev_get_free_pirq),
    [PHYSDEVOP_pci_device_add] = sizeof(struct physdev_pci_device_add),
    [PHYSDEVOP_pci_device_remove] = sizeof(struct physdev_pci_device),
    [PHYSDEVOP_pirq_eoi_gmfn_v2] = sizeof(struct physdev_pirq_eoi_gmfn),
};

union physdev_arg {
    struct physdev_set_iopl iopl;
    struct physdev_set_iobitmap bitmap;
    uint8_t bytes[64];
};

long hc_physdev_op(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4, uint64_t a5)
{
    union physdev_arg a;
    size_t n = (uint32_t)cmd < sizeof(arg_bytes) ? arg_bytes[(uint32_t)cmd] : 0;

    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    if (n && door_in(v, &a, arg, n))
        return -EFAULT;
    switch ((uint32_t)cmd) {
    case PHYSDEVOP_set_iopl:
        return ioport_set_iopl(v, a.iopl.iopl);
    case PHYSDEVOP_set_iobitmap:
        return ioport_set_bitmap(v, door_handle(a.bitmap.bitmap), a.bitmap.nr_ports);
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
}
