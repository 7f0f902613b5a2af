/* SPDX-License-Identifier: MIT */
#include "core/logring.h"
#include "lib/string.h"

void logring_write(struct logring *r, const char *s, size_t n)
{
    while (n) {
        uint32_t at = r->end & (r->size - 1);
        size_t some = min(n, (size_t)(r->size - at));

        memcpy(r->data + at, s, some);
        r->end += (uint32_t)some;
        s += some;
        n -= some;
    }
    if (r->end - r->start > r->size)
        r->start = r->end - r->size;
}

/* n bytes from number `from` on, all of which are there. */
static void take(const struct logring *r, char *buf, uint32_t from, size_t n)
{
    size_t first = min(n, (size_t)(r->size - (from & (r->size - 1))));

    memcpy(buf, r->data + (from & (r->size - 1)), first);
    memcpy(buf + first, r->data, n - first);
}

void logring_move(struct logring *r, char *data, uint32_t size)
{
    uint32_t used = r->end - r->start, at = r->start & (size - 1);
    struct logring old = *r;

    r->data = data;
    r->size = size;
    /* The numbers stay, so the bytes' places are those of the new size. */
    while (used) {
        uint32_t some = min(used, size - at);

        take(&old, data + at, old.end - used, some);
        used -= some;
        at = 0;
    }
}

size_t logring_copy(struct logring *r, char *buf, size_t n, uint32_t *index, bool clear,
                    bool incremental)
{
    uint32_t from = r->start;

    if (incremental && *index - r->start <= r->end - r->start)
        from = *index;
    n = min(n, (size_t)(r->end - from));
    take(r, buf, from, n);
    *index = from + (uint32_t)n;
    if (clear)
        r->start = *index;
    return n;
}
