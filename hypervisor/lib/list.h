/* SPDX-License-Identifier: MIT */
/* Circular doubly-linked lists; the head is a node. */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list { struct list *next, *prev; };

#define LIST_INIT(l) { &(l), &(l) }

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list *l) { return l->next == l; }

static inline void list_add_before(struct list *pos, struct list *n)
{
    n->prev = pos->prev;
    n->next = pos;
    pos->prev->next = n;
    pos->prev = n;
}

static inline void list_add_tail(struct list *head, struct list *n) { list_add_before(head, n); }
static inline void list_add_head(struct list *head, struct list *n) { list_add_before(head->next, n); }

static inline void list_del(struct list *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

#define list_for_each(pos, head) for (struct list *pos = (head)->next; pos != (head); pos = pos->next)

#endif
