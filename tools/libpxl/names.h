/* SPDX-License-Identifier: MIT */
/*
 * Names of domains. Each domain's own is /local/domain/ID/name, as every toolstack writes it; to find a domain by its name
 * without reading all of them there is an index, /pxl/names/NAME = ID. The index is a hint: what it says is compared with the
 * domain's own name, and a name that it lacks is looked for the long way.
 */
#ifndef PXL_NAMES_H
#define PXL_NAMES_H

#include "internal.h"

/* In a transaction, so that of two who want a name at once one gets it. -1 with EEXIST: another living domain has it. */
int names_take(struct pxl *p, xs_transaction_t t, const char *name, uint32_t domid);
/* By the index alone: 0, or -1 without a fault. */
int names_find(struct pxl *p, const char *name, uint32_t *domid);
/* By all domains' own names, for what other tools made: 0, or -1. */
int names_search(struct pxl *p, const char *name, uint32_t *domid);
bool pxl_name_valid(const char *name);
/* The kept configuration of the domain, if there is one, gets that name. */
int kept_rename(struct pxl *p, uint32_t domid, const char *name);

/* All that the store has of a domain: its folder, /vm/UUID, back ends, index; and the kept configuration. */
void domain_forget(struct pxl *p, uint32_t domid);

#endif
