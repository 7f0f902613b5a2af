/* SPDX-License-Identifier: MIT */
#include "history.h"
#include <stdlib.h>
#include <string.h>

#define HISTORY_FIRST 1024u

struct history *history_new(void)
{
    struct history *h = calloc(1, sizeof(*h));

    if (h)
        h->references = 1;
    return h;
}

struct history *history_get(struct history *h)
{
    h->references++;
    return h;
}

void history_put(struct history *h)
{
    if (!h || --h->references)
        return;
    free(h->data);
    free(h);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void place(char *data, size_t size, uint64_t position, const char *from, size_t n)
{
    size_t at = position & (size - 1), first = least(n, size - at);

    memcpy(data + at, from, first);
    memcpy(data, from + first, n - first);
}

static void grow(struct history *h, size_t wanted)
{
    size_t size = h->size ? h->size : HISTORY_FIRST;
    uint64_t position = h->begin;
    const char *from;
    char *data;
    size_t n;

    while (size < wanted && size < HISTORY_BYTES)
        size *= 2;
    if (size == h->size)
        return;
    data = malloc(size);
    if (!data)
        return;
    while ((n = history_peek(h, &position, &from))) {
        place(data, size, position, from, n);
        position += n;
    }
    free(h->data);
    h->data = data;
    h->size = size;
}

void history_add(struct history *h, const char *data, size_t n)
{
    size_t there = (size_t)(h->end - h->begin);

    if (n > h->size - there)
        grow(h, there + n);
    h->end += n;
    if (n > h->size) {
        data += n - h->size;
        n = h->size;
    }
    if (h->end - h->begin > h->size)
        h->begin = h->end - h->size;
    if (n)
        place(h->data, h->size, h->end - n, data, n);
}

size_t history_peek(const struct history *h, uint64_t *position, const char **data)
{
    size_t at;

    if (*position < h->begin)
        *position = h->begin;
    if (*position >= h->end)
        return 0;
    at = *position & (h->size - 1);
    *data = h->data + at;
    return least((size_t)(h->end - *position), h->size - at);
}

size_t history_copy(const struct history *h, char *to)
{
    uint64_t position = h->begin;
    const char *from;
    size_t n, done = 0;

    while ((n = history_peek(h, &position, &from))) {
        memcpy(to + done, from, n);
        done += n;
        position += n;
    }
    return done;
}
