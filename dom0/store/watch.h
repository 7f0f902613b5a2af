/* SPDX-License-Identifier: MIT */
/*
 * Watches, in a table by the path they watch: a change looks at its own path and at those above it, so that its cost is its
 * depth and the watches that fire, whatever the number of watches there are.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "perms.h"

struct conn;

struct watch {
    struct watch *hash_next;         /* same bucket */
    struct watch *conn_next;         /* same connection */
    struct conn *conn;
    int depth;                       /* levels below the path that count; -1: all */
    bool relative;                   /* it was named without /local/domain/ID/, and so are its events */
    char *token;
    char path[];                     /* absolute, or "@…" */
};

bool watch_there(const struct conn *c, const char *path, const char *token);
/* EEXIST: that connection has it already. */
int watch_add(struct conn *c, const char *path, const char *token, bool relative, int depth);
int watch_remove(struct conn *c, const char *path, const char *token); /* ENOENT */
void watch_remove_all(struct conn *c);
/* One event for a watch just made, whatever there is. */
void watch_first(struct conn *c, const char *path, const char *token, bool relative);

/* Something happened to the node. perms: its permissions now, NULL: it goes; old: those before, or NULL. exact: only for watches
 * of that very path. */
void watch_fire(const char *path, const struct perms *perms, const struct perms *old, bool exact);

/* "@introduceDomain", "@releaseDomain": who may hear of them. */
void watch_fire_special(const char *name);
const struct perms *watch_special_perms(const char *name); /* NULL: no such name */
void watch_special_set(const char *name, struct perms *perms);

#endif
