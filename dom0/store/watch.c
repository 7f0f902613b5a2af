/* SPDX-License-Identifier: MIT */
#include "watch.h"
#include "conn.h"
#include "domains.h"
#include "path.h"
#include "tree.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_BUCKETS 16384

static struct watch *table[WATCH_BUCKETS];

static unsigned hash_of(const char *path, size_t length)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)path[i]) * 16777619u;
    return (h ^ h >> 14) % WATCH_BUCKETS;
}

static void account(const struct conn *c, int by)
{
    struct domain_account *a = domains_account(c->id);

    if (a)
        a->watches = (uint32_t)((int64_t)a->watches + by);
}

int watch_add(struct conn *c, const char *path, const char *token, bool relative, int depth)
{
    size_t length = strlen(path);
    struct watch *w, **bucket = &table[hash_of(path, length)];

    for (w = *bucket; w; w = w->hash_next)
        if (w->conn == c && !strcmp(w->path, path) && !strcmp(w->token, token))
            return EEXIST;
    w = calloc(1, sizeof(*w) + length + 1);
    if (!w)
        return ENOMEM;
    w->token = strdup(token);
    if (!w->token) {
        free(w);
        return ENOMEM;
    }
    memcpy(w->path, path, length);
    w->conn = c;
    w->relative = relative;
    w->depth = depth;
    w->hash_next = *bucket;
    *bucket = w;
    w->conn_next = c->watches;
    c->watches = w;
    account(c, 1);
    return 0;
}

static void watch_free(struct watch *w)
{
    struct watch **at = &table[hash_of(w->path, strlen(w->path))];

    while (*at != w)
        at = &(*at)->hash_next;
    *at = w->hash_next;
    account(w->conn, -1);
    free(w->token);
    free(w);
}

int watch_remove(struct conn *c, const char *path, const char *token)
{
    for (struct watch **at = &c->watches; *at; at = &(*at)->conn_next) {
        struct watch *w = *at;

        if (!strcmp(w->path, path) && !strcmp(w->token, token)) {
            *at = w->conn_next;
            watch_free(w);
            return 0;
        }
    }
    return ENOENT;
}

void watch_remove_all(struct conn *c)
{
    while (c->watches) {
        struct watch *w = c->watches;

        c->watches = w->conn_next;
        watch_free(w);
    }
}

/* The path as the watcher named it. */
static const char *shown(const struct conn *c, const char *path, bool relative)
{
    char prefix[40];
    size_t n = (size_t)snprintf(prefix, sizeof(prefix), "/local/domain/%u/", c->id);

    return relative && !strncmp(path, prefix, n) ? path + n : path;
}

void watch_first(struct conn *c, const char *path, const char *token, bool relative)
{
    conn_event(c, shown(c, path, relative), token);
}

static bool may_hear(const struct conn *c, const char *path, const struct perms *perms, const struct perms *old)
{
    if (c->id == 0)
        return true;
    if (perms && perms_of(perms, (uint16_t)c->id, c->target) & PERM_READ)
        return true;
    if (old && perms_of(old, (uint16_t)c->id, c->target) & PERM_READ)
        return true;
    if (!perms && path[0] == '/' && path[1]) {
        char parent[PATH_BYTES];
        size_t up = path_parent(path);
        const struct node *n;

        memcpy(parent, path, up);
        parent[up] = 0;
        n = tree_find(parent);
        return n && perms_of(n->perms, (uint16_t)c->id, c->target) & PERM_READ;
    }
    return false;
}

/* Watches of the first `length` bytes of path; the change is `below` levels deeper. */
static void fire_at(const char *path, size_t length, int below, const struct perms *perms, const struct perms *old)
{
    for (struct watch *w = table[hash_of(path, length)], *next; w; w = next) {
        next = w->hash_next;
        if (strncmp(w->path, path, length) || w->path[length])
            continue;
        if ((w->depth < 0 || below <= w->depth) && may_hear(w->conn, path, perms, old))
            conn_event(w->conn, shown(w->conn, path, w->relative), w->token);
    }
}

void watch_fire(const char *path, const struct perms *perms, const struct perms *old, bool exact)
{
    size_t length = strlen(path);
    int below = 0;

    for (;;) {
        fire_at(path, length, below++, perms, old);
        if (exact || length <= 1)
            return;
        while (path[--length] != '/')
            ;
        if (!length)
            length = 1;
    }
}

/* ---- what is not a node ---- */

static struct {
    const char *name;
    struct perms *perms;
} specials[] = {{"@introduceDomain", NULL}, {"@releaseDomain", NULL}};

const struct perms *watch_special_perms(const char *name)
{
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (strcmp(name, specials[i].name))
            continue;
        if (!specials[i].perms)
            specials[i].perms = perms_new(&(struct perm){0, 0}, 1, domains_stamp());
        return specials[i].perms;
    }
    return NULL;
}

void watch_special_set(const char *name, struct perms *perms)
{
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (strcmp(name, specials[i].name))
            continue;
        perms_put(specials[i].perms);
        specials[i].perms = perms_get(perms);
    }
}

void watch_fire_special(const char *name)
{
    watch_fire(name, watch_special_perms(name), NULL, true);
}
