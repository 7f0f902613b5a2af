/* SPDX-License-Identifier: MIT */
/*
 * Grants, version 1: what we offer to other domains, and mapping what they offer.
 *
 * References 0..7 are reserved (console, store); grant_alloc() gives higher ones. Mapping another
 * domain's grants needs an address with tables: va_alloc().
 */
#ifndef PVGUEST_GRANTS_H
#define PVGUEST_GRANTS_H

#include "xen.h"

#define GRANTS_RESERVED 8
#define GRANTS_PER_FRAME (4096 / sizeof(grant_entry_v1_t))

/* Sets up n frames of the table; 0 or the negated error (hypercall's or GNTST_*). Once. */
long grants_init(unsigned int frames);
/* Crashes when grants_init(1) did not work; does nothing when done before. */
void grants_need(void);

/* The table itself, for tests; grants_count() entries. */
extern grant_entry_v1_t *grant_table;
unsigned int grants_count(void);

/* A reference that is free, marked as taken. The table grows as needed; when the hypervisor gives no
 * more, the one panics and the other returns 0. */
grant_ref_t grant_alloc(void);
grant_ref_t grant_try_alloc(void);
/* Lets dom access the frame; flags: 0 or GTF_readonly. */
void grant_access(grant_ref_t ref, domid_t dom, unsigned long mfn, unsigned int flags);
/* grant_alloc() and grant_access() of a page of ours. */
grant_ref_t grant_page(domid_t dom, const void *page, unsigned int flags);
/* False: still in use by the other side. The reference stays allocated. */
bool grant_end(grant_ref_t ref);
/* After grant_end(). */
void grant_free(grant_ref_t ref);

/* Each makes one hypercall of one operation and returns its GNTST_* status. */
int grant_map(struct gnttab_map_grant_ref *op);
int grant_map_at(void *va, domid_t dom, grant_ref_t ref, unsigned int flags,
                 grant_handle_t *handle);
int grant_unmap(void *va, grant_handle_t handle);
int grant_copy(struct gnttab_copy *op);

#endif
