/* SPDX-License-Identifier: MIT */
#include "guest.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct guest_list guests = TAILQ_HEAD_INITIALIZER(guests);
struct dead_list dead = TAILQ_HEAD_INITIALIZER(dead);

static bool fits(const char *key, unsigned id, const char *name, const uint8_t uuid[UUID_BYTES])
{
    char text[UUID_TEXT], number[16];

    snprintf(number, sizeof(number), "%u", id);
    uuid_print(text, uuid);
    return !strcmp(key, number) || !strcmp(key, name) || !strcasecmp(key, text);
}

struct guest *guest_named(const char *key)
{
    struct guest *g;

    TAILQ_FOREACH(g, &guests, all)
        if (fits(key, g->id, g->name, g->uuid))
            return g;
    return NULL;
}

struct dead *dead_named(const char *key)
{
    struct dead *d;

    TAILQ_FOREACH(d, &dead, all)
        if (fits(key, d->id, d->name, d->uuid))
            return d;
    return NULL;
}

void uuid_print(char out[UUID_TEXT], const uint8_t uuid[UUID_BYTES])
{
    for (unsigned i = 0; i < UUID_BYTES; i++) {
        out += sprintf(out, "%02x", uuid[i]);
        if (i == 3 || i == 5 || i == 7 || i == 9)
            *out++ = '-';
    }
    *out = 0;
}
