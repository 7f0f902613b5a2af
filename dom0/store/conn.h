/* SPDX-License-Identifier: MIT */
/*
 * One client: a socket of Dom0's, or a domain's ring. Requests come in one after the other; replies and watch events go out in a
 * queue. A client is served a bounded number of requests at a time, and none while too much waits for it to read: who floods or
 * sleeps holds up only itself.
 */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include "view.h"
#include <sys/types.h>
#include <xen/io/xs_wire.h>

struct conn;
struct watch;

struct conn_ops {
    /* Bytes moved; 0: none now; -1: the client is gone, or broke the protocol of its transport. */
    ssize_t (*read)(struct conn *c, void *buffer, size_t n);
    ssize_t (*write)(struct conn *c, const void *data, size_t n);
    /* It went wrong, or the client left. False: the connection stays, silent until its transport begins anew. */
    bool (*end)(struct conn *c);
    void (*release)(struct conn *c); /* frees what is around it */
    void (*served)(struct conn *c);  /* it had its turn */
};

struct chunk {
    struct chunk *next;
    size_t size, done;
    bool event;
    char data[];
};

struct conn_txn {
    struct conn_txn *next;
    struct txn *txn;
};

struct conn {
    struct conn *next, **pprev;     /* among all */
    const struct conn_ops *ops;
    unsigned id;                    /* domain */
    int target;                     /* it may act for this domain; -1 */
    bool readonly;                  /* came through the socket for readers */
    bool dead;                      /* to be ended by the main loop */
    bool ready;                     /* on the list of those to be served or written to */
    struct conn *ready_next;
    struct watch *watches;
    struct conn_txn *txns;
    uint32_t next_txn;
    size_t have;                    /* bytes of `in` */
    struct {
        struct xsd_sockmsg head;
        char data[XENSTORE_PAYLOAD_MAX + 1];
    } in;
    struct chunk *out, **out_end;
    size_t out_bytes;
};

extern struct conn *conns;

void conn_init(struct conn *c, const struct conn_ops *ops, unsigned id);
/* Read, serve, write, as much as goes. What is wrong with the client marks it dead. */
void conn_serve(struct conn *c);
void conn_flush(struct conn *c);
void conn_fail(struct conn *c, const char *why); /* mark dead, and say it */
void conn_forget(struct conn *c);                /* watches, transactions, queue: as if new (a ring's reconnection) */
void conn_end(struct conn *c);                   /* the dead one; it may be freed */
/* The list of connections with something to do: each once. */
void conn_ready(struct conn *c);
struct conn *conn_take_ready(void);              /* NULL: none left */
bool conn_any_ready(void);

/* For requests. */
void conn_reply(struct conn *c, const struct xsd_sockmsg *to, const void *data, size_t size);
void conn_error(struct conn *c, const struct xsd_sockmsg *to, int err);
void conn_event(struct conn *c, const char *path, const char *token);
struct txn *conn_txn(const struct conn *c, uint32_t id);
bool conn_add_txn(struct conn *c, struct txn *t);   /* false: no memory, and t is gone */
void conn_take_txn(struct conn *c, struct txn *t);  /* it is the caller's now */
void conn_end_txns(struct conn *c);                 /* aborts all */
bool conn_paused(const struct conn *c);             /* it must read before it is served again */

#endif
