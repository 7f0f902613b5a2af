/* SPDX-License-Identifier: MIT */
#include "view.h"
#include "domains.h"
#include "path.h"
#include "watch.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a transaction knows of one node. */
struct seen {
    struct seen *hash_next, *next; /* next: in the order of first touch */
    struct seen *changed_next;     /* in the order of first change, so that parents come before their children */
    uint64_t changed;              /* 0: was not there */
    uint64_t dir_changed;          /* 0: was not listed */
    bool exists, written, below_removed;
    bool tell;                     /* somebody asked for it by name: its watches fire */
    struct perms *perms;
    char *value;
    uint32_t size;
    char path[];
};

#define SEEN_BUCKETS 64

struct txn {
    uint32_t id;
    unsigned limit, touched, created;
    size_t room;       /* bytes that it may still take */
    uint64_t changes;  /* of nodes, so far */
    bool doomed;
    struct seen *bucket[SEEN_BUCKETS];
    struct seen *first, **end;
    struct seen *first_change, **changes_end;
};

static unsigned hash_path(const char *path)
{
    uint32_t h = 2166136261u;

    for (; *path; path++)
        h = (h ^ (uint8_t)*path) * 16777619u;
    return h % SEEN_BUCKETS;
}

struct txn *txn_start(uint32_t id, unsigned limit, size_t bytes)
{
    struct txn *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->id = id;
    t->limit = limit;
    t->room = bytes;
    t->end = &t->first;
    t->changes_end = &t->first_change;
    return t;
}

void txn_doom(struct txn *t)
{
    t->doomed = true;
}

uint32_t txn_id(const struct txn *t)
{
    return t->id;
}

unsigned txn_created(const struct txn *t)
{
    return t->created;
}

static void seen_free(struct seen *s)
{
    perms_put(s->perms);
    free(s->value);
    free(s);
}

void txn_abort(struct txn *t)
{
    for (struct seen *s = t->first, *next; s; s = next) {
        next = s->next;
        seen_free(s);
    }
    free(t);
}

static struct seen *seen_find(const struct txn *t, const char *path)
{
    for (struct seen *s = t->bucket[hash_path(path)]; s; s = s->hash_next)
        if (!strcmp(s->path, path))
            return s;
    return NULL;
}

static int value_set(struct txn *t, struct seen *s, const void *value, size_t size)
{
    char *copy;

    if (size > t->room + s->size)
        return ENOSPC;
    copy = malloc(size ? size : 1);
    if (!copy)
        return ENOMEM;
    if (size)
        memcpy(copy, value, size);
    free(s->value);
    t->room = t->room + s->size - size;
    s->value = copy;
    s->size = (uint32_t)size;
    return 0;
}

/* Touches a node: from then on the transaction sees it as it is now. */
static int touch(struct txn *t, const char *path, struct seen **out)
{
    struct seen *s = seen_find(t, path);
    const struct node *n;
    size_t length = strlen(path) + 1;
    unsigned h = hash_path(path);
    int rc;

    *out = s;
    if (s)
        return 0;
    if (t->touched >= t->limit || t->room < sizeof(*s) + length)
        return ENOSPC;
    s = calloc(1, sizeof(*s) + length);
    if (!s)
        return ENOMEM;
    memcpy(s->path, path, length);
    t->room -= sizeof(*s) + length;
    n = tree_find(path);
    if (n) {
        rc = value_set(t, s, n->value, n->size);
        if (rc) {
            t->room += sizeof(*s) + length;
            free(s);
            return rc;
        }
        s->exists = true;
        s->changed = n->changed;
        s->perms = perms_get(n->perms);
    }
    s->hash_next = t->bucket[h];
    t->bucket[h] = s;
    *t->end = s;
    t->end = &s->next;
    t->touched++;
    *out = s;
    return 0;
}

int view_get(struct txn *t, const char *path, struct entry *e)
{
    struct seen *s;
    int rc;

    *e = (struct entry){0};
    if (!t) {
        const struct node *n = tree_find(path);

        if (n)
            *e = (struct entry){true, n->perms, n->value, n->size, n->dir_changed};
        return 0;
    }
    rc = touch(t, path, &s);
    if (!rc && s->exists) {
        const struct node *n = tree_find(path);

        /* Of the list as it would be shown now: what others and the transaction itself did to it since. */
        *e = (struct entry){true, s->perms, s->value, s->size, (n ? n->dir_changed : 0) + t->changes};
    }
    return rc;
}

static void changes(struct txn *t, struct seen *s)
{
    t->changes++;
    if (s->written)
        return;
    s->written = true;
    *t->changes_end = s;
    t->changes_end = &s->changed_next;
}

/* ---- changes of the tree itself ---- */

static int tree_write(const char *path, const void *value, size_t size, struct perms *perms)
{
    struct node *n = tree_find(path);

    if (!n) {
        size_t up = path_parent(path);
        char parent[PATH_BYTES];
        struct node *p;

        memcpy(parent, path, up);
        parent[up] = 0;
        p = tree_find(parent);
        if (!p)
            return ENOENT;
        path += up + (up > 1);
        n = tree_add(p, path, strlen(path), perms);
    }
    return n && tree_set_value(n, value, size) ? 0 : ENOMEM;
}

/* The watches of the nodes below are told of their own node only. */
static void removed_fire(struct node *top)
{
    char path[PATH_BYTES];

    for (struct node *n = top; n; n = tree_next(n, top))
        if (tree_path(n, path, sizeof(path)))
            watch_fire(path, NULL, n->perms, n != top);
}

int view_write(struct txn *t, const char *path, const void *value, size_t size, struct perms *perms, bool tell)
{
    struct seen *s;
    int rc;

    if (!t) {
        rc = tree_write(path, value, size, perms);
        if (!rc && tell)
            watch_fire(path, tree_find(path)->perms, NULL, false);
        return rc;
    }
    rc = touch(t, path, &s);
    if (!rc)
        rc = value_set(t, s, value, size);
    if (rc)
        return rc;
    if (!s->exists) {
        perms_put(s->perms);
        s->perms = perms_get(perms);
        t->created += !s->changed;
    }
    s->exists = true;
    s->tell |= tell;
    s->below_removed = false;
    changes(t, s);
    return 0;
}

int view_set_perms(struct txn *t, const char *path, struct perms *perms)
{
    struct seen *s;
    int rc;

    if (!t) {
        struct node *n = tree_find(path);
        struct perms *old;

        if (!n)
            return ENOENT;
        old = perms_get(n->perms);
        tree_set_perms(n, perms);
        watch_fire(path, perms, old, false);
        perms_put(old);
        return 0;
    }
    rc = touch(t, path, &s);
    if (rc)
        return rc;
    perms_get(perms);
    perms_put(s->perms);
    s->perms = perms;
    s->tell = true;
    changes(t, s);
    return 0;
}

static void seen_remove(struct txn *t, struct seen *s, bool below)
{
    if (!s->exists)
        return;
    if (!s->changed)
        t->created--;
    s->exists = false;
    s->tell = true;
    s->below_removed = below;
    changes(t, s);
}

static int txn_remove(struct txn *t, const char *top)
{
    struct node *n = tree_find(top), *base = n;
    size_t length = strlen(top);
    struct seen *s;
    int rc = touch(t, top, &s);

    for (; n && !rc; n = tree_next(n, base)) {
        char path[PATH_BYTES];

        tree_path(n, path, sizeof(path));
        rc = touch(t, path, &s);
        if (!rc && !s->dir_changed)
            s->dir_changed = n->dir_changed;
    }
    if (rc)
        return rc;
    for (s = t->first; s; s = s->next)
        if (!strncmp(s->path, top, length) && (!s->path[length] || s->path[length] == '/'))
            seen_remove(t, s, s->path[length]);
    return 0;
}

int view_remove(struct txn *t, const char *path)
{
    struct node *n;

    if (t)
        return txn_remove(t, path);
    n = tree_find(path);
    if (!n)
        return ENOENT;
    removed_fire(n);
    tree_remove(n);
    return 0;
}

void view_remove_owned(unsigned id)
{
    struct node *n;

    while ((n = tree_owned(id))) {
        if (n == tree_root()) {
            struct perms *p = perms_new(&(struct perm){0, n->perms->p[0].bits}, 1, domains_stamp());

            if (!p)
                return;
            tree_set_perms(n, p);
            perms_put(p);
            continue;
        }
        /* The highest of them first: those below it go with it, and their watchers hear of it as of any removal. */
        for (struct node *up = n->parent; up != tree_root(); up = up->parent)
            if (up->perms->p[0].domid == id)
                n = up;
        removed_fire(n);
        tree_remove(n);
    }
}

/* ---- listing ---- */

static void name_add(char *out, size_t *at, const char *name)
{
    size_t length = strlen(name) + 1;

    memcpy(out + *at, name, length);
    *at += length;
}

static bool is_child_of(const char *path, const char *parent)
{
    size_t up = path_parent(path);

    return path[1] && strlen(parent) == up && !strncmp(path, parent, up);
}

static const char *last_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* What the tree has but for what the transaction removed, then what it made. */
static void overlay_list(const struct txn *t, const char *path, const struct node *n, char *out, size_t *at)
{
    char child[PATH_BYTES * 2];
    size_t up = path[1] ? strlen(path) : 0;

    memcpy(child, path, up);
    child[up] = '/';
    for (const struct node *c = n ? n->first : NULL; c; c = c->next) {
        const struct seen *s;

        strcpy(child + up + 1, c->name);
        s = seen_find(t, child);
        if (!s || s->exists)
            name_add(out, at, c->name);
    }
    for (const struct seen *s = t->first; s; s = s->next)
        if (s->exists && is_child_of(s->path, path) &&
            !(n && tree_child(n, last_name(s->path), strlen(last_name(s->path)))))
            name_add(out, at, last_name(s->path));
}

int view_list(struct txn *t, const char *path, char **names, size_t *size)
{
    const struct node *n = tree_find(path);
    size_t room = (n ? n->names : 0) + 1;
    struct seen *s;
    int rc;

    for (s = t ? t->first : NULL; s; s = s->next)
        if (s->exists && is_child_of(s->path, path))
            room += strlen(last_name(s->path)) + 1;
    *size = 0;
    *names = malloc(room);
    if (!*names)
        return ENOMEM;
    if (!t) {
        for (const struct node *c = n ? n->first : NULL; c; c = c->next)
            name_add(*names, size, c->name);
        return 0;
    }
    rc = touch(t, path, &s);
    if (rc) {
        free(*names);
        return rc;
    }
    if (n && !s->dir_changed)
        s->dir_changed = n->dir_changed;
    overlay_list(t, path, n, *names, size);
    return 0;
}

/* ---- the end ---- */

static bool still_so(const struct seen *s)
{
    const struct node *n = tree_find(s->path);

    if ((n ? n->changed : 0) != s->changed)
        return false;
    return !s->dir_changed || !n || n->dir_changed == s->dir_changed;
}

/* The parents of a new node were touched, and must be there still, or be new themselves. */
static int apply(const struct seen *s)
{
    struct node *n;
    int rc = 0;

    if (!s->exists) {
        n = tree_find(s->path);
        if (n)
            tree_remove(n);
        return 0;
    }
    rc = tree_write(s->path, s->value, s->size, s->perms);
    if (!rc) {
        n = tree_find(s->path);
        if (n->perms != s->perms)
            tree_set_perms(n, s->perms);
    }
    return rc;
}

int txn_commit(struct txn *t)
{
    int rc = t->doomed ? EAGAIN : 0;

    for (struct seen *s = t->first; s && !rc; s = s->next)
        if (!still_so(s))
            rc = EAGAIN;
    for (struct seen *s = t->first_change; s && !rc; s = s->changed_next)
        if (s->exists || s->changed)
            rc = apply(s);
    for (struct seen *s = t->first_change; s && !rc; s = s->changed_next)
        if (s->tell && (s->exists || s->changed))
            watch_fire(s->path, s->exists ? s->perms : NULL, s->perms, s->below_removed);
    txn_abort(t);
    return rc;
}
