/* SPDX-License-Identifier: MIT */
/* What a new domain sees of the machine: cpuid=, tsc_mode=, e820_host=. Before it has run. */
#ifndef PXL_PLATFORM_H
#define PXL_PLATFORM_H

#include "internal.h"

int platform_set(struct pxl *p, uint32_t domid, const struct pxl_config *c);
/* The map of its memory: max_kib of RAM, with e820_host= round the host's holes. */
int memory_map_set(struct pxl *p, uint32_t domid, const struct pxl_config *c, uint64_t max_kib);

#endif
