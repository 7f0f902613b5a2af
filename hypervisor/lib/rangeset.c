/* SPDX-License-Identifier: MIT */
#include "lib/rangeset.h"
#include "lib/alloc.h"
#include "lib/errno.h"
#include "lib/string.h"

struct rangeset *rangeset_new(void)
{
    return xnew(struct rangeset);
}

void rangeset_free(struct rangeset *s)
{
    if (!s)
        return;
    for (void *old = s->retired, *next; old; old = next) {
        next = *(void **)old;
        xfree(old);
    }
    xfree(s->r);
    xfree(s);
}

/* Index of the first range that ends at or after n. */
static unsigned find(const struct rangeset *s, uint64_t n)
{
    unsigned lo = 0, hi = s->count;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (s->r[mid].last < n)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Replace `old` ranges at i by `new` unset ones; makes room first, so failing changes nothing. */
static int splice(struct rangeset *s, unsigned i, unsigned old, unsigned new)
{
    unsigned count = s->count - old + new;

    if (count > s->room) {
        unsigned room = s->room ? s->room * 2 : 8;
        void *r = xalloc(room * sizeof(*s->r));

        if (!r)
            return -ENOMEM;
        if (s->count)
            memcpy(r, s->r, s->count * sizeof(*s->r));
        /* Somebody may be looking at the old one still: kept, linked through its first bytes, until the set goes. */
        if (s->r) {
            *(void **)(void *)s->r = s->retired;
            s->retired = s->r;
        }
        s->r = r;
        s->room = room;
    }
    if (s->count > i + old)
        memmove(&s->r[i + new], &s->r[i + old], (s->count - i - old) * sizeof(*s->r));
    s->count = count;
    return 0;
}

int rangeset_add(struct rangeset *s, uint64_t first, uint64_t last)
{
    /* Adjacent ranges are joined, so look one number further on both sides. */
    unsigned i = find(s, first ? first - 1 : 0), n = 0;
    int rc;

    if (first > last)
        return 0;
    for (; i + n < s->count && (last == ~0ull || s->r[i + n].first <= last + 1); n++) {
        first = min(first, s->r[i + n].first);
        last = max(last, s->r[i + n].last);
    }
    rc = splice(s, i, n, 1);
    if (rc)
        return rc;
    s->r[i].first = first;
    s->r[i].last = last;
    return 0;
}

int rangeset_remove(struct rangeset *s, uint64_t first, uint64_t last)
{
    unsigned i = find(s, first), n = 0, keep = 0;
    uint64_t head = 0, tail = 0; /* what stays: [head, first - 1] and [last + 1, tail] */
    bool has_head, has_tail;
    int rc;

    if (first > last)
        return 0;
    while (i + n < s->count && s->r[i + n].first <= last)
        n++;
    if (!n)
        return 0;
    head = s->r[i].first;
    tail = s->r[i + n - 1].last;
    has_head = head < first;
    has_tail = tail > last;
    rc = splice(s, i, n, (unsigned)has_head + has_tail);
    if (rc)
        return rc;
    if (has_head) {
        s->r[i + keep].first = head;
        s->r[i + keep++].last = first - 1;
    }
    if (has_tail) {
        s->r[i + keep].first = last + 1;
        s->r[i + keep].last = tail;
    }
    return 0;
}

/* Ports and frames are asked for in runs. Others may write last_found meanwhile, so it is read once. */
bool rangeset_contains(const struct rangeset *s, uint64_t first, uint64_t last)
{
    unsigned i;

    if (!s || first > last)
        return false;
    i = READ_ONCE(s->last_found);
    if (likely(i < s->count) && likely(s->r[i].first <= first) && likely(last <= s->r[i].last))
        return true;
    i = find(s, first);
    if (i >= s->count || s->r[i].first > first || s->r[i].last < last)
        return false;
    WRITE_ONCE(((struct rangeset *)s)->last_found, i); /* no part of the set */
    return true;
}

bool rangeset_overlaps(const struct rangeset *s, uint64_t first, uint64_t last)
{
    unsigned i;

    if (!s || first > last)
        return false;
    i = find(s, first);
    return i < s->count && s->r[i].first <= last;
}
