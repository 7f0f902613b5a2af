/* SPDX-License-Identifier: MIT */
/*
 * A domain that grants pages to itself. Maps name the granting domain by its number, which is 0 for
 * the first domain.
 */
#ifndef GRANTS_SELF_H
#define GRANTS_SELF_H

#include "harness.h"

#define OWN_DOMID 0
#define NO_DOMID 77
#define IN_USE (GTF_reading | GTF_writing)

/* A fresh page with the value in its first word, and a grant of it to ourselves. */
struct offer {
    volatile uint64_t *page;
    grant_ref_t ref;
};

static inline struct offer offer(uint64_t value, unsigned int flags)
{
    struct offer o = {.page = page_alloc()};

    *o.page = value;
    grants_need();
    o.ref = grant_page(OWN_DOMID, (void *)o.page, flags);
    return o;
}

static inline unsigned int entry_flags(grant_ref_t ref)
{
    return __atomic_load_n(&grant_table[ref].flags, __ATOMIC_SEQ_CST);
}

/* One map operation, whose status is returned; the handle is dropped. */
static inline int map_status(uint64_t host_addr, domid_t dom, grant_ref_t ref, unsigned int flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = host_addr, .flags = flags, .ref = ref, .dom = dom};

    return grant_map(&op);
}

/* A map that must work, of a grant of our own. */
static inline grant_handle_t map_at(volatile void *va, grant_ref_t ref, unsigned int flags)
{
    grant_handle_t handle;
    int status = grant_map_at((void *)va, OWN_DOMID, ref, flags, &handle);

    CHECK(status == GNTST_okay, "mapping reference %u gives status %d", ref, status);
    return handle;
}

#endif
