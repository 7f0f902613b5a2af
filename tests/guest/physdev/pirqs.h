/* SPDX-License-Identifier: MIT */
/* Physical interrupts of the machine the tests run on (q35), by the operations themselves. */
#ifndef PHYSDEV_PIRQS_H
#define PHYSDEV_PIRQS_H

#include "harness.h"

#define FREE_GSI 7     /* A line nobody uses: the parallel port's. */
#define NO_PIRQ 100000 /* Beyond any table. */

static inline long map_pirq(int type, int index, int *pirq)
{
    struct physdev_map_pirq map = {
        .domid = DOMID_SELF, .type = type, .index = index, .pirq = *pirq};
    long rc = hypercall_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

/* A line under a number of the guest's choice. */
static inline long map_gsi(int gsi, int pirq)
{
    return map_pirq(MAP_PIRQ_TYPE_GSI, gsi, &pirq);
}

static inline long unmap_pirq(int pirq)
{
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = pirq};

    return hypercall_physdev_op(PHYSDEVOP_unmap_pirq, &unmap);
}

static inline long eoi(unsigned int pirq)
{
    struct physdev_eoi op = {.irq = pirq};

    return hypercall_physdev_op(PHYSDEVOP_eoi, &op);
}

static inline long setup_gsi(int gsi, int level, int low)
{
    struct physdev_setup_gsi op = {
        .gsi = gsi, .triggering = (uint8_t)level, .polarity = (uint8_t)low};

    return hypercall_physdev_op(PHYSDEVOP_setup_gsi, &op);
}

/* Of a function of bus 0; table: MSI-X. */
static inline long map_msi(unsigned int devfn, int entry, uint64_t table, int *pirq)
{
    struct physdev_map_pirq map = {.domid = DOMID_SELF,
                                   .type = MAP_PIRQ_TYPE_MSI_SEG,
                                   .index = -1,
                                   .pirq = *pirq,
                                   .devfn = (int)devfn,
                                   .entry_nr = entry,
                                   .table_base = table};
    long rc = hypercall_physdev_op(PHYSDEVOP_map_pirq, &map);

    *pirq = map.pirq;
    return rc;
}

static inline void io_privilege(void)
{
    struct physdev_set_iopl op = {.iopl = 1};

    MUST(hypercall_physdev_op(PHYSDEVOP_set_iopl, &op));
}

static inline uint8_t in8(unsigned int port)
{
    uint8_t v;

    __asm__ volatile("in %%dx, %%al" : "=a"(v) : "d"(port));
    return v;
}

static inline uint16_t in16(unsigned int port)
{
    uint16_t v;

    __asm__ volatile("in %%dx, %%ax" : "=a"(v) : "d"(port));
    return v;
}

static inline uint32_t in32(unsigned int port)
{
    uint32_t v;

    __asm__ volatile("in %%dx, %%eax" : "=a"(v) : "d"(port));
    return v;
}

static inline void out8(unsigned int port, uint8_t v)
{
    __asm__ volatile("out %%al, %%dx" : : "a"(v), "d"(port));
}

static inline void out16(unsigned int port, uint16_t v)
{
    __asm__ volatile("out %%ax, %%dx" : : "a"(v), "d"(port));
}

static inline void out32(unsigned int port, uint32_t v)
{
    __asm__ volatile("out %%eax, %%dx" : : "a"(v), "d"(port));
}

/* Configuration space of bus 0. */
static inline uint32_t pci_read32(unsigned int devfn, unsigned int reg)
{
    out32(0xcf8, 0x80000000u | devfn << 8 | reg);
    return in32(0xcfc);
}

static inline void pci_write32(unsigned int devfn, unsigned int reg, uint32_t v)
{
    out32(0xcf8, 0x80000000u | devfn << 8 | reg);
    out32(0xcfc, v);
}

/* A function of bus 0 that Xen has not heard of has no messages. */
static inline void pci_announce(unsigned int devfn)
{
    struct physdev_pci_device_add add = {.devfn = (uint8_t)devfn};

    MUST(hypercall_physdev_op(PHYSDEVOP_pci_device_add, &add));
}

#define AHCI_DEVFN (0x1f << 3 | 2) /* q35's: one MSI, 64-bit, not maskable */

static inline unsigned int pci_cap(unsigned int devfn, unsigned int id)
{
    unsigned int at = pci_read32(devfn, 0x34) & 0xfc;

    for (int n = 0; at && n < 48; n++) {
        uint32_t head = pci_read32(devfn, at);

        if ((head & 0xff) == id)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

#endif
