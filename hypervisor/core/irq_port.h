/* SPDX-License-Identifier: MIT */
/* What physical interrupts ask of the machine; x86/irq.c, x86/ioapic.c and x86/msi.c answer. */
#ifndef CORE_IRQ_PORT_H
#define CORE_IRQ_PORT_H

#include "core/irq.h"

unsigned port_nr_gsis(void);            /* one more than the highest */
struct irq *port_gsi_irq(unsigned gsi); /* NULL: no I/O APIC has that line */

/* setup_gsi: 0, -EEXIST (in use, or said before), -EINVAL. */
int port_gsi_setup(unsigned gsi, bool level, bool active_low);
/* A register of the I/O APIC at that address: 0 or -EINVAL. Of writes only the polarity and trigger mode of a line that
 * nobody uses have an effect. */
int port_ioapic_read(uint64_t base, uint32_t reg, uint32_t *val);
int port_ioapic_write(uint64_t base, uint32_t reg, uint32_t val);

/* One message interrupt of a PCI function. */
struct msi_request {
    uint16_t seg;
    uint8_t bus, devfn;
    bool msix; /* with entry */
    unsigned entry;
};
/* Set it up, masked, for a pirq: 0, -ENODEV, -ENOSPC, -EEXIST, -EINVAL, -ENXIO. It is given back by its chip's release. */
int port_msi_setup(const struct msi_request *r, struct irq **irq);
/* Write what the device should have after a reset or sleep: 0 or -ENODEV. */
int port_msi_restore(uint16_t seg, uint8_t bus, uint8_t devfn);
/* The control domain will not move the function's MSI-X table (or may again): 0, -ENODEV, -ENXIO. */
int port_msix_prepare(uint16_t seg, uint8_t bus, uint8_t devfn, bool release);

int port_pci_add(uint16_t seg, uint8_t bus, uint8_t devfn);
int port_pci_remove(uint16_t seg, uint8_t bus, uint8_t devfn); /* 0 or -ENODEV */
/* Is that the configuration window that the firmware names? 0 or -ENODEV. */
int port_mmcfg_reserved(uint64_t address, uint16_t seg, uint8_t first, uint8_t last,
                        uint32_t flags);

#endif
