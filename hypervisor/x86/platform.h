/* SPDX-License-Identifier: MIT */
/*
 * What the firmware says about the machine (boot/acpi.c fills it in once at boot; constant after).
 * Zero: not there.
 */
#ifndef X86_PLATFORM_H
#define X86_PLATFORM_H

#include "lib/types.h"

#define PLATFORM_CPUS 64
#define PLATFORM_IOAPICS 8
#define PLATFORM_OVERRIDES 16

struct platform_ioapic {
    uint32_t addr, gsi_base;
    uint8_t id;
};
/* ISA interrupt `source` arrives at `gsi`; flags: MADT's polarity (bits 0-1) and trigger (2-3). */
struct platform_override {
    uint32_t gsi;
    uint16_t flags;
    uint8_t source;
};

struct platform {
    maddr_t rsdp;       /* where the root pointer lies; 0: only a copy was handed over */
    maddr_t lapic_addr; /* physical address of the local APICs */
    unsigned phys_bits; /* of a physical address, by CPUID; 0: not asked yet */
    unsigned nr_cpus;   /* enabled ones, the boot CPU anywhere among them */
    uint32_t apic_id[PLATFORM_CPUS];
    uint32_t acpi_id[PLATFORM_CPUS];
    unsigned nr_ioapics, nr_overrides;
    struct platform_ioapic ioapic[PLATFORM_IOAPICS];
    struct platform_override override[PLATFORM_OVERRIDES];

    uint16_t sci_int;
    uint16_t pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt; /* I/O ports */
    uint16_t pm_timer;                               /* I/O port of the 3.579545 MHz counter */
    bool pm_timer_32bit;
    bool has_s5;
    uint8_t s5_type_a, s5_type_b; /* SLP_TYP values of soft off */
    bool has_reset;
    uint8_t reset_space; /* 0 memory, 1 I/O */
    uint8_t reset_value;
    uint64_t reset_addr;
    maddr_t hpet;
    maddr_t mcfg; /* first PCI configuration window */
    uint8_t keyboard_flags; /* of the BIOS data area: shift and lock keys */
};

extern struct platform platform;

#endif
