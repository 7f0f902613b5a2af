/* SPDX-License-Identifier: MIT */
#include "tree.h"
#include "domains.h"
#include "path.h"
#include <stdlib.h>
#include <string.h>

static struct node **table;
static size_t buckets, used;
static struct node *root;
static struct node *owned[NR_DOMIDS];

struct node *tree_root(void)
{
    return root;
}

uint64_t tree_nodes(void)
{
    return used + 1;
}

static uint32_t hash_of(const struct node *parent, const char *name, size_t length)
{
    uint32_t h = (uint32_t)((uintptr_t)parent >> 4) * 2654435761u;

    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)name[i]) * 16777619u;
    return h ^ h >> 15;
}

/* LIMIT: doubling a table of a million nodes holds everybody up for some milliseconds.
 * Amortised: it doubles when there are as many nodes as buckets. */
static void table_grow(void)
{
    size_t n = buckets ? buckets * 2 : 1024;
    struct node **new = calloc(n, sizeof(*new));

    if (!new)
        return; /* slower, not wrong */
    for (size_t i = 0; i < buckets; i++) {
        for (struct node *x = table[i], *next; x; x = next) {
            next = x->hash_next;
            x->hash_next = new[x->hash & (n - 1)];
            new[x->hash & (n - 1)] = x;
        }
    }
    free(table);
    table = new;
    buckets = n;
}

static struct node *node_new(const char *name, size_t length, struct perms *perms)
{
    struct node *n = calloc(1, sizeof(*n) + length + 1);

    if (!n)
        return NULL;
    memcpy(n->name, name, length);
    n->perms = perms_get(perms);
    n->changed = n->dir_changed = domains_stamp();
    return n;
}

struct node *tree_owned(unsigned id)
{
    return id < NR_DOMIDS ? owned[id] : NULL;
}

static void owner_add(struct node *n)
{
    unsigned id = n->perms->p[0].domid;

    n->owned_pprev = NULL;
    if (id >= NR_DOMIDS)
        return;
    domains_account(id)->nodes++;
    n->owned_next = owned[id];
    n->owned_pprev = &owned[id];
    if (owned[id])
        owned[id]->owned_pprev = &n->owned_next;
    owned[id] = n;
}

static void owner_drop(struct node *n)
{
    if (!n->owned_pprev)
        return;
    domains_account(n->perms->p[0].domid)->nodes--;
    *n->owned_pprev = n->owned_next;
    if (n->owned_next)
        n->owned_next->owned_pprev = n->owned_pprev;
}

void tree_init(void)
{
    struct perms *p = perms_new(&(struct perm){0, 0}, 1, domains_stamp());

    table_grow();
    root = p ? node_new("", 0, p) : NULL;
    if (!root || !table)
        abort();
    owner_add(root);
    perms_put(p);
}

struct node *tree_child(const struct node *parent, const char *name, size_t length)
{
    uint32_t h = hash_of(parent, name, length);

    for (struct node *n = table[h & (buckets - 1)]; n; n = n->hash_next)
        if (n->hash == h && n->parent == parent && !strncmp(n->name, name, length) && !n->name[length])
            return n;
    return NULL;
}

struct node *tree_find(const char *path)
{
    struct node *n = root;

    for (const char *s = path + 1; *s && n;) {
        size_t length = strcspn(s, "/");

        n = tree_child(n, s, length);
        s += length + (s[length] == '/');
    }
    return n;
}

struct node *tree_add(struct node *parent, const char *name, size_t length, struct perms *perms)
{
    struct node *n = node_new(name, length, perms), **bucket;

    if (!n)
        return NULL;
    if (used >= buckets)
        table_grow();
    n->parent = parent;
    n->hash = hash_of(parent, name, length);
    bucket = &table[n->hash & (buckets - 1)];
    n->hash_next = *bucket;
    *bucket = n;
    n->prev = parent->last;
    *(parent->last ? &parent->last->next : &parent->first) = n;
    parent->last = n;
    parent->nr_children++;
    parent->names += (uint32_t)length + 1;
    parent->dir_changed = domains_stamp();
    used++;
    owner_add(n);
    return n;
}

bool tree_set_value(struct node *n, const void *value, size_t size)
{
    char *copy = NULL;

    if (size) {
        copy = malloc(size);
        if (!copy)
            return false;
        memcpy(copy, value, size);
    }
    free(n->value);
    n->value = copy;
    n->size = (uint32_t)size;
    n->changed = domains_stamp();
    return true;
}

void tree_set_perms(struct node *n, struct perms *perms)
{
    owner_drop(n);
    perms_get(perms);
    perms_put(n->perms);
    n->perms = perms;
    owner_add(n);
    n->changed = domains_stamp();
}

static void node_free(struct node *n)
{
    owner_drop(n);
    perms_put(n->perms);
    free(n->value);
    free(n);
}

static void unlink_one(struct node *n)
{
    struct node **at = &table[n->hash & (buckets - 1)], *parent = n->parent;

    while (*at != n)
        at = &(*at)->hash_next;
    *at = n->hash_next;
    *(n->prev ? &n->prev->next : &parent->first) = n->next;
    *(n->next ? &n->next->prev : &parent->last) = n->prev;
    parent->nr_children--;
    parent->names -= (uint32_t)strlen(n->name) + 1;
    parent->dir_changed = domains_stamp();
    used--;
}

void tree_remove(struct node *top)
{
    struct node *n = top;

    for (;;) {
        struct node *up = n->parent;

        while (n->first) {
            n = n->first;
            up = n->parent;
        }
        unlink_one(n);
        node_free(n);
        if (n == top)
            return;
        n = up;
    }
}

struct node *tree_next(const struct node *n, const struct node *top)
{
    if (n->first)
        return n->first;
    for (; n != top; n = n->parent)
        if (n->next)
            return n->next;
    return NULL;
}

size_t tree_path(const struct node *n, char *out, size_t size)
{
    size_t length = 0, at;

    for (const struct node *x = n; x->parent; x = x->parent)
        length += strlen(x->name) + 1;
    if (!length)
        length = 1;
    if (length >= size)
        return 0;
    out[0] = '/';
    out[at = length] = 0;
    for (const struct node *x = n; x->parent; x = x->parent) {
        size_t l = strlen(x->name);

        memcpy(out + at - l, x->name, l);
        at -= l + 1;
        out[at] = '/';
    }
    return length;
}

void tree_free(void)
{
    while (root->first)
        tree_remove(root->first);
    node_free(root);
    free(table);
    table = NULL;
    root = NULL;
    buckets = used = 0;
}

unsigned tree_audit(void)
{
    static uint32_t count[NR_DOMIDS];
    unsigned errors = 0;
    uint64_t seen = 0;

    memset(count, 0, sizeof(count));
    for (struct node *n = root; n; n = tree_next(n, root)) {
        uint32_t children = 0, names = 0;

        seen++;
        if (n->perms->p[0].domid < NR_DOMIDS)
            count[n->perms->p[0].domid]++;
        for (struct node *c = n->first; c; c = c->next) {
            children++;
            names += (uint32_t)strlen(c->name) + 1;
            errors += c->parent != n || tree_child(n, c->name, strlen(c->name)) != c;
            errors += !path_name_valid(c->name);
        }
        errors += children != n->nr_children || names != n->names;
    }
    errors += seen != used + 1;
    for (unsigned i = 0; i < NR_DOMIDS; i++) {
        errors += count[i] != domains_account(i)->nodes;
        for (const struct node *n = owned[i]; n; n = n->owned_next)
            count[i] -= n->perms->p[0].domid == i && *n->owned_pprev == n;
        errors += count[i] != 0;
    }
    return errors;
}
