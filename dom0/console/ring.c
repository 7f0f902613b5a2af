/* SPDX-License-Identifier: MIT */
#include "ring.h"
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void console_ring_start(struct console_ring *r, struct xencons_interface *page)
{
    r->page = page;
    r->out_cons = __atomic_load_n(&page->out_cons, __ATOMIC_RELAXED);
    r->in_prod = __atomic_load_n(&page->in_prod, __ATOMIC_RELAXED);
}

ssize_t console_ring_take(struct console_ring *r, char *to, size_t n)
{
    size_t size = sizeof(r->page->out), at = MASK_XENCONS_IDX(r->out_cons, r->page->out), first;
    XENCONS_RING_IDX there = __atomic_load_n(&r->page->out_prod, __ATOMIC_ACQUIRE) - r->out_cons;

    if (there > size)
        return -1;
    n = least(n, there);
    if (!n)
        return 0;
    first = least(n, size - at);
    memcpy(to, r->page->out + at, first);
    memcpy(to + first, r->page->out, n - first);
    r->out_cons += (XENCONS_RING_IDX)n;
    __atomic_store_n(&r->page->out_cons, r->out_cons, __ATOMIC_RELEASE);
    return (ssize_t)n;
}

ssize_t console_ring_room(const struct console_ring *r)
{
    XENCONS_RING_IDX there = r->in_prod - __atomic_load_n(&r->page->in_cons, __ATOMIC_ACQUIRE);

    return there > sizeof(r->page->in) ? -1 : (ssize_t)(sizeof(r->page->in) - there);
}

ssize_t console_ring_put(struct console_ring *r, const char *from, size_t n)
{
    size_t size = sizeof(r->page->in), at = MASK_XENCONS_IDX(r->in_prod, r->page->in), first;
    ssize_t room = console_ring_room(r);

    if (room <= 0)
        return room;
    n = least(n, (size_t)room);
    first = least(n, size - at);
    memcpy(r->page->in + at, from, first);
    memcpy(r->page->in, from + first, n - first);
    r->in_prod += (XENCONS_RING_IDX)n;
    __atomic_store_n(&r->page->in_prod, r->in_prod, __ATOMIC_RELEASE);
    return (ssize_t)n;
}
