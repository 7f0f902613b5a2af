/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space, for the hypervisor itself: ports 0xcf8 and 0xcfc under the lock that the
 * control domain's accesses take too (core/ioport.h), so that an index of one never meets the data of
 * the other. Reads of what is not there are all ones.
 * LIMIT: segment 0 and the first 256 bytes of each function, which is where interrupts are set up.
 */
#ifndef X86_PCI_H
#define X86_PCI_H

#include "lib/types.h"

/* bus << 8 | device << 3 | function. */
#define PCI_BDF(bus, devfn) ((uint16_t)((bus) << 8 | (devfn)))

uint32_t pci_read(uint16_t bdf, unsigned reg, unsigned bytes);
void pci_write(uint16_t bdf, unsigned reg, unsigned bytes, uint32_t val);

bool pci_exists(uint16_t bdf);
/* Where the capability begins; 0: not there. The list is the device's word: the walk ends whatever it says. */
unsigned pci_find_cap(uint16_t bdf, uint8_t id);

#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY BIT(1)
#define PCI_COMMAND_INTX_OFF BIT(10)
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_CAP_MSI 0x05
#define PCI_CAP_MSIX 0x11

#endif
