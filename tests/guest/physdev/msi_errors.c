/* SPDX-License-Identifier: MIT */
/* Functions that do not exist or have no messages, and several messages at once. */
#include "pirqs.h"

static long map_several(int nr, uint64_t table)
{
    struct physdev_map_pirq map = {.domid = DOMID_SELF,
                                   .type = MAP_PIRQ_TYPE_MULTI_MSI,
                                   .index = -1,
                                   .pirq = -1,
                                   .devfn = AHCI_DEVFN,
                                   .entry_nr = nr,
                                   .table_base = table};

    return hypercall_physdev_op(PHYSDEVOP_map_pirq, &map);
}

TEST("msi_errors", "messages of what cannot send them are refused")
{
    int pirq = -1;

    pci_announce(AHCI_DEVFN);
    pci_announce(0);
    CHECK_RC(map_msi(0x1e << 3, 0, 0, &pirq), -XEN_ENODEV);
    CHECK_RC(map_msi(0, 0, 0, &pirq), -XEN_ENODEV);
    CHECK_RC(map_msi(AHCI_DEVFN, 0, 0xfebd0000, &pirq), -XEN_ENODEV);
    pirq = NO_PIRQ;
    CHECK_RC(map_msi(AHCI_DEVFN, 0, 0, &pirq), -XEN_EINVAL);
    CHECK_RC(map_several(1, 0x1000), -XEN_EINVAL);
    CHECK_RC(map_several(0, 0), -XEN_EDOM);
    CHECK_RC(map_several(33, 0), -XEN_EDOM);
    CHECK_RC(map_several(2, 0), -XEN_EOPNOTSUPP);
    CHECK_RC(map_several(1, 0), 0);
}
