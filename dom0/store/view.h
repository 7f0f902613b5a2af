/* SPDX-License-Identifier: MIT */
/*
 * What a request sees and changes: the tree itself, or the tree through a transaction.
 *
 * A transaction is an overlay: of each node it touched it keeps what it saw (the node's stamp, or that it was
 * not there; for those it listed the stamp of the list) and what it made of it. At its end all that it saw must still be so
 * (else EAGAIN, and the client tries again); then its changes are made in their order and their watches fire. So it costs what
 * it touches, whatever the size of the tree, and two transactions that make different children of one
 * node do not disturb each other.
 */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include "tree.h"

struct txn;

struct entry {
    bool exists;
    struct perms *perms;  /* no reference taken: good until the next change */
    const char *value;
    uint32_t size;
    uint64_t stamp;       /* of the list of children */
};

/* All: t NULL is the tree itself. Paths are absolute and valid. 0 or an errno (ENOMEM, ENOSPC: the transaction touches too much). */
int view_get(struct txn *t, const char *path, struct entry *e);
/* The parent exists. A new node takes a reference on perms; an old one keeps its own. tell: fires watches, in a transaction at its
 * end. */
int view_write(struct txn *t, const char *path, const void *value, size_t size, struct perms *perms, bool tell);
int view_set_perms(struct txn *t, const char *path, struct perms *perms);
int view_remove(struct txn *t, const char *path);
void view_remove_owned(unsigned id); /* the nodes of a domain that died, with all below; the root becomes domain 0's */
/* The names of the children, each with its NUL, in memory from malloc. */
int view_list(struct txn *t, const char *path, char **names, size_t *size);

/* How many nodes it may touch, and how many bytes that may take here. NULL: no memory. */
struct txn *txn_start(uint32_t id, unsigned limit, size_t bytes);
void txn_doom(struct txn *t);  /* it cannot be known any more what it saw: it will end with EAGAIN */
void txn_abort(struct txn *t);
int txn_commit(struct txn *t); /* 0, EAGAIN, ENOMEM; gone in any case */
uint32_t txn_id(const struct txn *t);
unsigned txn_created(const struct txn *t); /* nodes that are not in the tree and would be */

#endif
