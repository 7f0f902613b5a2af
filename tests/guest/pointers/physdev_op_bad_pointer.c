/* SPDX-License-Identifier: MIT */
/* Device operations with arguments that are not there. */
#include "pointers.h"

TEST("physdev_op_bad_pointer", "physdev_op with a bad argument is EFAULT")
{
    static const int cmds[] = {
        PHYSDEVOP_eoi,       PHYSDEVOP_irq_status_query, PHYSDEVOP_set_iopl, PHYSDEVOP_set_iobitmap,
        PHYSDEVOP_apic_read, PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_map_pirq, PHYSDEVOP_unmap_pirq,
        PHYSDEVOP_setup_gsi, PHYSDEVOP_pci_device_add};

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        int cmd = cmds[i];

        CHECK_RC(hypercall_physdev_op(cmd, NULL), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_physdev_op(cmd, p), -XEN_EFAULT);
    }
    CHECK_ALIVE();
}
