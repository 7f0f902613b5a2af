/* SPDX-License-Identifier: MIT */
#include "x86/pci.h"
#include "core/ioport.h"
#include "core/irq_port.h"
#include "lib/errno.h"
#include "x86/insn.h"
#include "x86/platform.h"

#define PORT_INDEX 0xcf8
#define PORT_DATA 0xcfc
#define INDEX_ENABLE BIT(31)

#define PCI_STATUS 0x06
#define PCI_STATUS_CAPS BIT(4)
#define PCI_CAP_LIST 0x34
#define CAPS_MAX 48 /* as many as fit: 192 bytes, 4 each */

static uint16_t index_set(uint16_t bdf, unsigned reg)
{
    outl(PORT_INDEX, (uint32_t)(INDEX_ENABLE | (uint32_t)bdf << 8 | (reg & 0xfc)));
    return (uint16_t)(PORT_DATA + (reg & 3));
}

uint32_t pci_read(uint16_t bdf, unsigned reg, unsigned bytes)
{
    uint32_t val;
    uint16_t port;

    spin_lock(&ioport_index_lock);
    port = index_set(bdf, reg);
    val = bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
    spin_unlock(&ioport_index_lock);
    return val;
}

void pci_write(uint16_t bdf, unsigned reg, unsigned bytes, uint32_t val)
{
    uint16_t port;

    spin_lock(&ioport_index_lock);
    port = index_set(bdf, reg);
    if (bytes == 1)
        outb(port, (uint8_t)val);
    else if (bytes == 2)
        outw(port, (uint16_t)val);
    else
        outl(port, val);
    spin_unlock(&ioport_index_lock);
}

bool pci_exists(uint16_t bdf)
{
    uint32_t id = pci_read(bdf, 0, 4);

    return id != ~0u && id != 0;
}

unsigned pci_find_cap(uint16_t bdf, uint8_t id)
{
    unsigned at;

    if (!pci_exists(bdf) || !(pci_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAPS))
        return 0;
    at = pci_read(bdf, PCI_CAP_LIST, 1) & 0xfc;
    for (unsigned n = 0; at >= 0x40 && n < CAPS_MAX; n++) {
        uint32_t head = pci_read(bdf, at, 2);

        if ((head & 0xff) == 0xff)
            return 0;
        if ((head & 0xff) == id)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

/* ---- what the control domain tells ---- */

/* Nothing is kept about functions: what is needed is asked of them when it is needed. */
int port_pci_add(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    (void)seg, (void)bus, (void)devfn;
    return 0;
}

int port_pci_remove(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    return seg || !pci_exists(PCI_BDF(bus, devfn)) ? -ENODEV : 0;
}

int port_mmcfg_reserved(uint64_t address, uint16_t seg, uint8_t first, uint8_t last, uint32_t flags)
{
    (void)flags;
    return platform.mcfg && platform.mcfg == address && !seg && first <= last ? 0 : -ENODEV;
}
