/* SPDX-License-Identifier: MIT */
/*
 * A memory map: which ranges of addresses are RAM. The same form for the machine's map (from the
 * boot loader) and for the map a guest is shown (XENMEM_memory_map). An entry is laid out as the
 * ABI hands it to guests.
 */
#ifndef CORE_E820_H
#define CORE_E820_H

#include "lib/types.h"

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3
#define E820_NVS 4
#define E820_UNUSABLE 5

#define E820_MAX 128

struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

struct e820_map {
    unsigned count;
    struct e820_entry e[E820_MAX];
};

/* The machine's map: sorted, without overlaps, the APICs' ranges added as reserved. Set at boot,
 * then constant. Port. */
extern struct e820_map machine_e820;

#endif
