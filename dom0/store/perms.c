/* SPDX-License-Identifier: MIT */
#include "perms.h"
#include "domains.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct perms *perms_new(const struct perm *p, unsigned n, uint64_t stamp)
{
    struct perms *new = malloc(sizeof(*new) + n * sizeof(*p));

    if (!new)
        return NULL;
    new->refs = 1;
    new->n = n;
    new->stamp = stamp;
    memcpy(new->p, p, n * sizeof(*p));
    return new;
}

struct perms *perms_get(struct perms *p)
{
    p->refs++;
    return p;
}

void perms_put(struct perms *p)
{
    if (p && !--p->refs)
        free(p);
}

unsigned perms_of(const struct perms *p, uint16_t id, int target)
{
    if (id == 0)
        return PERM_ALL;
    for (unsigned i = 0; i < p->n; i++) {
        uint16_t who = p->p[i].domid;

        if (who != id && who != target)
            continue;
        if (!domains_known_since(who, p->stamp))
            continue;
        return i ? p->p[i].bits : PERM_ALL;
    }
    return p->p[0].bits;
}

static const char letters[] = "nrwb";

bool perms_parse(const char *text, size_t size, struct perm *out, unsigned max, unsigned *n)
{
    const char *end = text + size;

    for (*n = 0; text < end; text += strlen(text) + 1) {
        const char *letter = *text ? strchr(letters, *text) : NULL;
        char *rest;
        unsigned long id;

        if (!letter || text[1] < '0' || text[1] > '9' || *n == max)
            return false;
        id = strtoul(text + 1, &rest, 10);
        if (*rest || id > UINT16_MAX)
            return false;
        out[(*n)++] = (struct perm){.domid = (uint16_t)id, .bits = (uint8_t)(letter - letters)};
    }
    return *n != 0;
}

size_t perms_print(const struct perm *p, char out[PERM_TEXT])
{
    return (size_t)snprintf(out, PERM_TEXT, "%c%u", letters[p->bits & 3], p->domid) + 1;
}
