/* SPDX-License-Identifier: MIT */
/*
 * The tree of nodes as it stands: what transactions have not committed is not here (view.h).
 *
 * All nodes are in one hash table by (parent, name), so that finding one costs its depth, whatever the number of domains.
 * Children also hang on a list in the order they were made, for those who list them.
 *
 * Invariants, checked by tree_audit():
 *   TREE-1 every node but the root is on its parent's list and in the table, and its name is valid.
 *   TREE-2 a domain's account counts exactly the nodes whose list of permissions begins with it; they are on its list of owned
 *          nodes, so that its death costs what it owned.
 *   TREE-3 `changed` grows with every change of value or permissions, `dir_changed` with every child made or removed; no two
 *          nodes ever have the same `changed`.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include "perms.h"

struct node {
    struct node *hash_next;
    struct node *parent;
    struct node *first, *last;       /* children, oldest first */
    struct node *prev, *next;        /* among its parent's */
    struct node *owned_next, **owned_pprev; /* among its owner's; pprev NULL: its owner is no domain's number */
    struct perms *perms;
    uint64_t changed, dir_changed;
    char *value;                     /* any bytes; NULL when size 0 */
    uint32_t size;
    uint32_t nr_children, names;     /* names: bytes of their names with NULs */
    uint32_t hash;
    char name[];
};

struct node *tree_root(void);
void tree_init(void);                /* "/", owned by domain 0, closed to others */
void tree_free(void);
uint64_t tree_nodes(void);
struct node *tree_owned(unsigned id); /* one of those that the domain owns; NULL: none */

/* Absolute path, valid (path.h); NULL: not there. */
struct node *tree_find(const char *path);
struct node *tree_child(const struct node *parent, const char *name, size_t length);
/* A new child with no value; takes a reference on perms. NULL: no memory. */
struct node *tree_add(struct node *parent, const char *name, size_t length, struct perms *perms);
bool tree_set_value(struct node *n, const void *value, size_t size); /* false: no memory */
void tree_set_perms(struct node *n, struct perms *perms);            /* takes a reference */
void tree_remove(struct node *n);    /* with all below; not the root */
/* The next node of the subtree of `top` in order, parents first; NULL: that was the last. */
struct node *tree_next(const struct node *n, const struct node *top);
size_t tree_path(const struct node *n, char *out, size_t size); /* bytes without NUL */

unsigned tree_audit(void);           /* errors found */

#endif
