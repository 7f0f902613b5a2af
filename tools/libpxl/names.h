/* SPDX-License-Identifier: MIT */
/*
 * Names of domains. Each domain's own is /local/domain/ID/name, as every toolstack writes it; to find a domain by its name
 * without reading all of them there is an index, /pxl/names/NAME = ID. The index is a hint: what it says is compared with the
 * domain's own name, and a name that it lacks is looked for the long way.
 */
#ifndef PXL_NAMES_H
#define PXL_NAMES_H

#include "internal.h"

int names_add(struct pxl *p, xs_transaction_t t, const char *name, uint32_t domid);
void names_remove(struct pxl *p, const char *name, uint32_t domid);
/* By the index alone: 0, or -1 without a fault. */
int names_find(struct pxl *p, const char *name, uint32_t *domid);

/* All that the store has of a domain: its folder, /vm/UUID, back ends, index, mark, saved configuration. */
void domain_forget(struct pxl *p, uint32_t domid);

#endif
