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

/* LIMIT: the table does not grow: beyond some ten thousand watches a change looks at others' too. */
#define WATCH_BUCKETS 16384

static struct watch *table[WATCH_BUCKETS];

#define HASH_START 2166136261u

static uint32_t hash_more(uint32_t h, char c)
{
    return (h ^ (uint8_t)c) * 16777619u;
}

static unsigned hash_bucket(uint32_t h)
{
    return (h ^ h >> 14) % WATCH_BUCKETS;
}

static unsigned bucket_of(const char *path)
{
    uint32_t h = HASH_START;

    for (; *path; path++)
        h = hash_more(h, *path);
    return hash_bucket(h);
}

static void account(const struct conn *c, int by)
{
    struct domain_account *a = domains_account(c->id);

    if (a)
        a->watches = (uint32_t)((int64_t)a->watches + by);
}

bool watch_there(const struct conn *c, const char *path, const char *token)
{
    for (const struct watch *w = table[bucket_of(path)]; w; w = w->hash_next)
        if (w->conn == c && !strcmp(w->path, path) && !strcmp(w->token, token))
            return true;
    return false;
}

int watch_add(struct conn *c, const char *path, const char *token, bool relative, int depth)
{
    size_t length = strlen(path);
    struct watch *w, **bucket = &table[bucket_of(path)];

    if (watch_there(c, path, token))
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
    while (*bucket) /* the oldest first: so come the events */
        bucket = &(*bucket)->hash_next;
    *bucket = w;
    w->conn_next = c->watches;
    c->watches = w;
    account(c, 1);
    return 0;
}

static void watch_free(struct watch *w)
{
    struct watch **at = &table[bucket_of(w->path)];

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

static bool may_read(const struct conn *c, const struct perms *p)
{
    return p && perms_of(p, (uint16_t)c->id, c->target) & PERM_READ;
}

/* Who may read the node, as it was or is, or the folder it is in. */
static bool may_hear(const struct conn *c, const char *path, const struct perms *perms, const struct perms *old)
{
    char parent[PATH_BYTES];
    const struct node *n;
    size_t up;

    if (c->id == 0 || may_read(c, perms) || may_read(c, old))
        return true;
    if (path[0] != '/' || !path[1])
        return false;
    up = path_parent(path);
    memcpy(parent, path, up);
    parent[up] = 0;
    n = tree_find(parent);
    return n && may_read(c, n->perms);
}

struct change {
    const char *path;
    const struct perms *perms, *old;
};

/* Watches of the first `length` bytes of the path; the change is `below` levels deeper. */
static void fire_at(const struct change *what, unsigned bucket, size_t length, int below)
{
    for (struct watch *w = table[bucket]; w; w = w->hash_next) {
        if (strncmp(w->path, what->path, length) || w->path[length])
            continue;
        if ((w->depth < 0 || below <= w->depth) && may_hear(w->conn, what->path, what->perms, what->old))
            conn_event(w->conn, shown(w->conn, what->path, w->relative), w->token);
    }
}

/* One walk along the path, whatever its depth: a guest chooses that. */
void watch_fire(const char *path, const struct perms *perms, const struct perms *old, bool exact)
{
    const struct change what = {path, perms, old};
    uint32_t h = HASH_START;
    int below = 0;
    size_t i;

    if (path[0] == '/' && path[1] && !exact) {
        for (const char *s = path; *s; s++)
            below += *s == '/';
        fire_at(&what, hash_bucket(hash_more(h, '/')), 1, below);
    }
    for (i = 0; path[i]; i++) {
        if (path[i] == '/' && i && !exact)
            fire_at(&what, hash_bucket(h), i, --below);
        h = hash_more(h, path[i]);
    }
    fire_at(&what, hash_bucket(h), i, 0);
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
