/* SPDX-License-Identifier: MIT */
/* A message of the disk controller: the hypervisor writes address and data. */
#include "pirqs.h"

TEST("msi", "a message is programmed by the hypervisor")
{
    unsigned int cap;
    int pirq = -1;

    io_privilege();
    cap = pci_cap(AHCI_DEVFN, 5);
    pci_announce(AHCI_DEVFN);
    REQUIRE(cap, "the disk controller has no MSI");
    CHECK_RC(map_msi(AHCI_DEVFN, 0, 0, &pirq), 0);
    CHECK(pirq >= 24, "pirq %d is a line's", pirq);
    CHECK_EQ(pci_read32(AHCI_DEVFN, cap + 4) & 0xfff00000, 0xfee00000);
    CHECK_RC(unmap_pirq(pirq), 0);
    CHECK_EQ(pci_read32(AHCI_DEVFN, cap) >> 16 & 1, 0);
    CHECK_RC(map_msi(AHCI_DEVFN, 0, 0, &pirq), 0);
    CHECK_RC(unmap_pirq(pirq), 0);
}
