/* SPDX-License-Identifier: MIT */
/* Working on memory maps at boot. Pure functions. */
#ifndef BOOT_E820_H
#define BOOT_E820_H

#include "core/e820.h"

/* Sort; cut overlaps, where the less usable type wins; join neighbours of one type; drop empty
 * entries. A map that overflows E820_MAX loses its highest ranges. */
void e820_normalise(struct e820_map *m);
/* Give [start, end) the type, whatever was there, or only where there was RAM. Stays normalised. */
void e820_set(struct e820_map *m, uint64_t start, uint64_t end, uint32_t type, bool only_ram);
uint64_t e820_bytes(const struct e820_map *m, uint32_t type);
const char *e820_type_name(uint32_t type);

#endif
