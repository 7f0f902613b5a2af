/* SPDX-License-Identifier: MIT */
/* A client of the store's code in this process: what it sends and what it was sent lie in memory. For unit tests and fuzzing. */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H

#include "dom0/store/conn.h"
#include "dom0/store/domains.h"
#include "dom0/store/perms.h"
#include "dom0/store/request.h"
#include "dom0/store/tree.h"
#include "dom0/store/watch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
    struct conn conn;
    char to[1 << 17], from[1 << 17];   /* to the store, from it */
    size_t to_n, to_at, from_n;
    size_t piece;                      /* at most so many bytes move at a time */
    bool deaf;                         /* takes nothing */
    char events[1 << 14];              /* "path token\n" of all since client_events() */
};

static ssize_t client_read(struct conn *c, void *buffer, size_t n)
{
    struct client *x = (struct client *)c;
    size_t there = x->to_n - x->to_at;

    n = n < there ? n : there;
    n = n < x->piece ? n : x->piece;
    memcpy(buffer, x->to + x->to_at, n);
    x->to_at += n;
    return (ssize_t)n;
}

static ssize_t client_write(struct conn *c, const void *data, size_t n)
{
    struct client *x = (struct client *)c;

    n = n < x->piece ? n : x->piece;
    if (x->deaf || x->from_n + n > sizeof(x->from))
        return 0;
    memcpy(x->from + x->from_n, data, n);
    x->from_n += n;
    return (ssize_t)n;
}

static bool client_end(struct conn *c)
{
    (void)c;
    return false;
}

static void client_release(struct conn *c)
{
    (void)c;
}

static const struct conn_ops client_ops = {client_read, client_write, client_end, client_release, client_release};

static inline struct client *client_new(unsigned id)
{
    struct client *x = calloc(1, sizeof(*x));

    domains_mention(id);
    domains_account(id)->introduced = true;
    conn_init(&x->conn, &client_ops, id);
    x->piece = sizeof(x->to);
    return x;
}

static inline void client_free(struct client *x)
{
    conn_end(&x->conn);
    while (conn_take_ready())
        ;
    *x->conn.pprev = x->conn.next;
    if (x->conn.next)
        x->conn.next->pprev = x->conn.pprev;
    free(x);
}

/* Serves all that is ready, as the daemon's loop does. */
static inline void clients_run(void)
{
    struct conn *c;

    while ((c = conn_take_ready())) {
        conn_serve(c);
        if (c->dead)
            conn_end(c);
    }
}

static inline void client_post(struct client *x, uint32_t type, uint32_t tx, const void *data, size_t size)
{
    struct xsd_sockmsg head = {type, 1, tx, (uint32_t)size};

    if (x->to_at == x->to_n)
        x->to_at = x->to_n = 0;
    memcpy(x->to + x->to_n, &head, sizeof(head));
    memcpy(x->to + x->to_n + sizeof(head), data, size);
    x->to_n += sizeof(head) + size;
    conn_ready(&x->conn);
}

/* The reply's data with a NUL after it; an error's is "!NAME". NULs within become '|'. NULL: there was none. */
static inline const char *client_take(struct client *x)
{
    static char text[XENSTORE_PAYLOAD_MAX + 2];
    const char *got = NULL;
    size_t at = 0;

    while (at + sizeof(struct xsd_sockmsg) <= x->from_n) {
        struct xsd_sockmsg head;
        const char *data = x->from + at + sizeof(head);

        memcpy(&head, x->from + at, sizeof(head));
        at += sizeof(head) + head.len;
        if (at > x->from_n)
            return "torn";
        if (head.type == XS_WATCH_EVENT) {
            size_t n = strlen(x->events);

            snprintf(x->events + n, sizeof(x->events) - n, "%s %s\n", data, data + strlen(data) + 1);
            continue;
        }
        snprintf(text, sizeof(text), "%s", head.type == XS_ERROR ? "!" : "");
        memcpy(text + strlen(text), data, head.len);
        text[head.len + (head.type == XS_ERROR)] = 0;
        for (size_t i = 0; i + 1 < head.len + (head.type == XS_ERROR); i++)
            if (!text[i])
                text[i] = '|';
        got = text;
    }
    x->from_n = 0;
    return got;
}

static inline const char *client_ask_bytes(struct client *x, uint32_t type, uint32_t tx, const void *data, size_t size)
{
    client_post(x, type, tx, data, size);
    clients_run();
    return client_take(x);
}

/* Each '|' of the text is a NUL, and one more comes at its end, but for the value of a WRITE. */
static inline const char *client_ask(struct client *x, uint32_t type, uint32_t tx, const char *text)
{
    char data[XENSTORE_PAYLOAD_MAX];
    size_t size = strlen(text) + (type != XS_WRITE);

    memcpy(data, text, size);
    for (size_t i = 0; i < size; i++)
        if (data[i] == '|')
            data[i] = 0;
    return client_ask_bytes(x, type, tx, data, size);
}

static inline uint32_t client_start(struct client *x)
{
    return (uint32_t)atoi(client_ask(x, XS_TRANSACTION_START, 0, ""));
}

/* All events since the last call. */
static inline const char *client_events(struct client *x)
{
    static char events[sizeof(x->events)];

    clients_run();
    client_take(x);
    strcpy(events, x->events);
    x->events[0] = 0;
    return events;
}

/* The accounts hold what is there. */
static inline unsigned accounts_audit(void)
{
    static uint32_t watches[NR_DOMIDS], txns[NR_DOMIDS];
    unsigned errors = 0;

    memset(watches, 0, sizeof(watches));
    memset(txns, 0, sizeof(txns));
    for (const struct conn *c = conns; c; c = c->next) {
        size_t out = 0;

        for (const struct watch *w = c->watches; w; w = w->conn_next)
            watches[c->id]++;
        for (const struct conn_txn *t = c->txns; t; t = t->next)
            txns[c->id]++;
        for (const struct chunk *k = c->out; k; k = k->next)
            out += k->size;
        errors += out != c->out_bytes;
    }
    for (unsigned i = 0; i < NR_DOMIDS; i++)
        errors += watches[i] != domains_account(i)->watches || txns[i] != domains_account(i)->transactions;
    return errors;
}

#endif
