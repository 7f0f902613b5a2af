/* SPDX-License-Identifier: MIT */
/* Devices of a domain in the store: front and back end of each, as the kernel's drivers and xl have them. */
#ifndef PXL_DEVICE_H
#define PXL_DEVICE_H

#include "internal.h"

/* Those of the configuration, before the domain starts. uuid: the domain's, the loops of its disks' files are marked with. */
int devices_add(struct pxl *p, uint32_t domid, const char *uuid, const struct pxl_config *c);
void devices_remove(struct pxl *p, uint32_t domid); /* at its end: the back ends' folders */

/* The loops of a maker that was killed before the store knew them. */
void devices_sweep(const char *uuid);

#endif
