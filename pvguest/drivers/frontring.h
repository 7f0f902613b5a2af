/* SPDX-License-Identifier: MIT */
/*
 * A ring of requests and responses (xen/io/ring.h), from the front end's side. All kinds begin with the same four
 * indices. Ours are kept here and only written; the back end's is read once a look and checked: it can answer
 * nothing that was not asked.
 */
#ifndef PVGUEST_FRONTRING_H
#define PVGUEST_FRONTRING_H

#include "pvguest.h"

#define FRONT_RING_HEADER 64u

struct front_ring {
    struct front_ring_page {
        uint32_t req_prod, req_event, rsp_prod, rsp_event;
    } * page;
    uint32_t req_prod, rsp_cons;
    uint32_t pushed;  /* req_prod as the back end knows it */
    uint32_t entries; /* a power of two */
};

/* Over n pages in a row, zeroed here. */
static inline void front_ring_init(struct front_ring *r, void *pages, unsigned int n,
                                   size_t entry_size)
{
    size_t room = (n * PAGE_SIZE - FRONT_RING_HEADER) / entry_size;

    memset(pages, 0, n * PAGE_SIZE);
    r->page = pages;
    r->page->req_event = r->page->rsp_event = 1;
    r->req_prod = r->pushed = r->rsp_cons = 0;
    r->entries = 1u << (31 - __builtin_clz((unsigned int)room));
}

static inline void *front_ring_entry(const struct front_ring *r, uint32_t index, size_t entry_size)
{
    return (char *)r->page + FRONT_RING_HEADER + (index & (r->entries - 1)) * entry_size;
}

static inline uint32_t front_ring_room(const struct front_ring *r)
{
    return r->entries - (r->req_prod - r->rsp_cons);
}

/* Shows the requests to the back end; true: it wants an event. */
static inline bool front_ring_push(struct front_ring *r)
{
    uint32_t old = r->pushed;

    r->pushed = r->req_prod;
    __atomic_store_n(&r->page->req_prod, r->req_prod, __ATOMIC_SEQ_CST);
    return r->req_prod - __atomic_load_n(&r->page->req_event, __ATOMIC_SEQ_CST) < r->req_prod - old;
}

/* How many responses there are; false: more than there can be. */
static inline bool front_ring_look(const struct front_ring *r, uint32_t *n)
{
    *n = __atomic_load_n(&r->page->rsp_prod, __ATOMIC_ACQUIRE) - r->rsp_cons;
    return *n <= r->req_prod - r->rsp_cons;
}

/* Asks for an event after `more` further responses; true: there are some already. */
static inline bool front_ring_sleep(struct front_ring *r, uint32_t more)
{
    __atomic_store_n(&r->page->rsp_event, r->rsp_cons + more, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&r->page->rsp_prod, __ATOMIC_SEQ_CST) - r->rsp_cons >= more;
}

#endif
