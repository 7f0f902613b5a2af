/* SPDX-License-Identifier: MIT */
/* LINK: dom0/console/ring.c dom0/console/history.c */
/* A guest that writes anything into its console's page, between any two operations of the daemon. */
#include "dom0/console/history.h"
#include "dom0/console/ring.h"
#include <stdlib.h>
#include <string.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct console_ring *r, struct history *h, size_t max)
{
    char bytes[sizeof(r->page->out) + 64];
    XENCONS_RING_IDX before = r->out_cons, there = r->page->out_prod - before;
    ssize_t n = console_ring_take(r, bytes, max < sizeof(bytes) ? max : sizeof(bytes));

    MUST((n < 0) == (there > sizeof(r->page->out)));
    if (n < 0)
        return;
    MUST((size_t)n <= there && r->out_cons == before + (XENCONS_RING_IDX)n && (!n || r->page->out_cons == r->out_cons));
    for (ssize_t i = 0; i < n; i++)
        MUST(bytes[i] == r->page->out[MASK_XENCONS_IDX(before + (XENCONS_RING_IDX)i, r->page->out)]);
    history_add(h, bytes, (size_t)n);
    MUST(h->end - h->begin <= HISTORY_BYTES && h->end - h->begin <= h->size);
}

static void put(struct console_ring *r, size_t n)
{
    static const char bytes[2048] = "typed";
    XENCONS_RING_IDX before = r->in_prod;
    ssize_t room = console_ring_room(r), done = console_ring_put(r, bytes, n < sizeof(bytes) ? n : sizeof(bytes));

    MUST((room < 0) == (done < 0) && done <= room && room <= (ssize_t)sizeof(r->page->in));
    if (done >= 0)
        MUST(r->in_prod == before + (XENCONS_RING_IDX)done && (!done || r->page->in_prod == r->in_prod));
}

/* Five bytes an operation: which one, and a number. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xencons_interface *page = calloc(1, sizeof(*page)); /* of its exact size, for the sanitizer */
    struct history *h = history_new();
    struct console_ring r;

    console_ring_start(&r, page);
    for (; size >= 5; data += 5, size -= 5) {
        uint32_t number;

        memcpy(&number, data + 1, sizeof(number));
        switch (data[0] % 10) {
        case 0: page->out_prod = number; break;
        case 1: page->out_cons = number; break;
        case 2: page->in_prod = number; break;
        case 3: page->in_cons = number; break;
        case 4: page->out_prod = r.out_cons + number % 2049; break;
        case 5: page->in_cons = r.in_prod - number % 1025; break;
        case 6: page->out[number % sizeof(page->out)] = (char)data[0]; break;
        case 7: take(&r, h, number % 4096); break;
        case 8: put(&r, number % 4096); break;
        case 9: console_ring_start(&r, page); break;
        }
    }
    history_put(h);
    free(page);
    return 0;
}
