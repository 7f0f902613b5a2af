/* SPDX-License-Identifier: MIT */
#include <errno.h> /* first: xs_wire.h then names the errors */
#include "conn.h"
#include "domains.h"
#include "log.h"
#include "request.h"
#include "watch.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUESTS_AT_A_TIME 32
#define TURN_NS 500000              /* requests differ in what they cost, and the client chooses */
#define GATHER (16u << 10)          /* replies are sent at the latest when so much waits */
#define OUT_PAUSE (64u << 10)       /* no more requests are taken while so much waits to be read */
#define OUT_LIMIT_DOMAIN (1u << 20) /* events nobody reads; then the client is cut off */
#define OUT_LIMIT (64u << 20)
#define EVENTS_COMPARED 64

struct conn *conns;
/* First come, first served: who is made ready again has its next turn after the others. */
static struct conn *ready, **ready_end = &ready;

void conn_ready(struct conn *c)
{
    if (c->ready)
        return;
    c->ready = true;
    c->ready_next = NULL;
    *ready_end = c;
    ready_end = &c->ready_next;
}

static void unready(struct conn *c)
{
    struct conn **at = &ready;

    if (!c->ready)
        return;
    while (*at != c)
        at = &(*at)->ready_next;
    *at = c->ready_next;
    if (!*at)
        ready_end = at;
    c->ready = false;
}

struct conn *conn_take_ready(void)
{
    struct conn *c = ready;

    if (c)
        unready(c);
    return c;
}

bool conn_any_ready(void)
{
    return ready;
}

void conn_init(struct conn *c, const struct conn_ops *ops, unsigned id)
{
    memset(c, 0, sizeof(*c));
    c->ops = ops;
    c->id = id;
    c->target = -1;
    c->out_end = &c->out;
    c->next = conns;
    c->pprev = &conns;
    if (conns)
        conns->pprev = &c->next;
    conns = c;
}

void conn_fail(struct conn *c, const char *why)
{
    if (!c->dead)
        log_line(c->id ? LOG_NOTE : LOG_DETAIL, "client of domain %u is cut off: %s", c->id, why);
    c->dead = true;
    conn_ready(c);
}

/* ---- out ---- */

static void chunk_drop(struct conn *c)
{
    struct chunk *k = c->out;

    c->out = k->next;
    if (!c->out)
        c->out_end = &c->out;
    c->out_bytes -= k->size;
    free(k);
}

static struct chunk *chunk_new(const struct xsd_sockmsg *head, size_t size)
{
    struct chunk *k = malloc(sizeof(*k) + sizeof(*head) + size);

    if (!k)
        return NULL;
    *k = (struct chunk){.size = sizeof(*head) + size};
    memcpy(k->data, head, sizeof(*head));
    return k;
}

static void chunk_queue(struct conn *c, struct chunk *k)
{
    *c->out_end = k;
    c->out_end = &k->next;
    c->out_bytes += k->size;
    conn_ready(c);
    if (c->out_bytes > (c->id ? OUT_LIMIT_DOMAIN : OUT_LIMIT))
        conn_fail(c, "it does not read what it asked for");
}

void conn_reply(struct conn *c, const struct xsd_sockmsg *to, const void *data, size_t size)
{
    struct xsd_sockmsg head = *to;
    struct chunk *k;

    if (c->dead)
        return;
    head.len = (uint32_t)size;
    k = chunk_new(&head, size);
    if (!k) {
        conn_fail(c, "no memory for a reply");
        return;
    }
    if (size)
        memcpy(k->data + sizeof(head), data, size);
    chunk_queue(c, k);
}

void conn_error(struct conn *c, const struct xsd_sockmsg *to, int err)
{
    struct xsd_sockmsg head = *to;
    const char *name = "EINVAL";

    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        if (xsd_errors[i].errnum == err)
            name = xsd_errors[i].errstring;
    head.type = XS_ERROR;
    conn_reply(c, &head, name, strlen(name) + 1);
}

static bool waits_already(const struct conn *c, const struct chunk *k)
{
    unsigned n = 0;

    for (const struct chunk *o = c->out; o && n < EVENTS_COMPARED; o = o->next, n++)
        if (o->event && !o->done && o->size == k->size && !memcmp(o->data, k->data, k->size))
            return true;
    return false;
}

void conn_event(struct conn *c, const char *path, const char *token)
{
    size_t p = strlen(path) + 1, t = strlen(token) + 1;
    struct xsd_sockmsg head = {.type = XS_WATCH_EVENT, .len = (uint32_t)(p + t)};
    struct chunk *k;

    if (c->dead)
        return;
    /* LIMIT: an event longer than the protocol's payload cannot be said: path and token were short enough alone. */
    if (p + t > XENSTORE_PAYLOAD_MAX)
        return;
    k = chunk_new(&head, p + t);
    if (!k) {
        conn_fail(c, "no memory for an event");
        return;
    }
    k->event = true;
    memcpy(k->data + sizeof(head), path, p);
    memcpy(k->data + sizeof(head) + p, token, t);
    /* An event says "look again": a second one before the first was read says nothing new. */
    if (c->id && waits_already(c, k))
        free(k);
    else
        chunk_queue(c, k);
}

/* Replies to requests that came together go together: the first chunks as one piece of memory. */
static const char *gather(const struct conn *c, size_t *size)
{
    static char together[GATHER];
    const struct chunk *k = c->out;

    *size = k->size - k->done;
    if (!k->next || *size + k->next->size > GATHER)
        return k->data + k->done;
    *size = 0;
    for (; k && *size + k->size - k->done <= GATHER; k = k->next) {
        memcpy(together + *size, k->data + k->done, k->size - k->done);
        *size += k->size - k->done;
    }
    return together;
}

void conn_flush(struct conn *c)
{
    while (c->out && !c->dead) {
        size_t size;
        const char *data = gather(c, &size);
        ssize_t n = c->ops->write(c, data, size);

        if (n < 0)
            conn_fail(c, "its transport is broken");
        if (n <= 0)
            return;
        for (size_t left = (size_t)n; left;) {
            struct chunk *k = c->out;
            size_t part = k->size - k->done < left ? k->size - k->done : left;

            k->done += part;
            left -= part;
            if (k->done == k->size)
                chunk_drop(c);
        }
    }
}

/* ---- in ---- */

/* One more request complete at the beginning of c->in? Behind it may stand what came with it. */
static bool receive(struct conn *c)
{
    for (;;) {
        ssize_t n;

        if (c->have >= sizeof(c->in.head)) {
            if (c->in.head.len > XENSTORE_PAYLOAD_MAX) {
                conn_fail(c, "its request is longer than the protocol allows");
                return false;
            }
            if (c->have >= sizeof(c->in.head) + c->in.head.len)
                return true;
        }
        n = c->ops->read(c, (char *)&c->in + c->have, sizeof(c->in.head) + XENSTORE_PAYLOAD_MAX - c->have);
        if (n < 0)
            conn_fail(c, "closed");
        if (n <= 0)
            return false;
        c->have += (size_t)n;
    }
}

/* The handlers want a NUL behind the request, where the next one may begin. */
static void handle(struct conn *c)
{
    size_t size = sizeof(c->in.head) + c->in.head.len;
    char next = c->in.data[c->in.head.len];

    c->in.data[c->in.head.len] = 0;
    request_handle(c, &c->in.head, c->in.data);
    if (c->have < size) { /* it was made as if new meanwhile */
        c->have = 0;
        return;
    }
    c->in.data[size - sizeof(c->in.head)] = next;
    c->have -= size;
    memmove(&c->in, (char *)&c->in + size, c->have);
}

bool conn_paused(const struct conn *c)
{
    return c->out_bytes > OUT_PAUSE;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void conn_serve(struct conn *c)
{
    uint64_t start = now();

    for (unsigned i = 0; !c->dead; i++) {
        if (!i || c->out_bytes > GATHER)
            conn_flush(c);
        if (c->dead || conn_paused(c))
            return;
        if (i == REQUESTS_AT_A_TIME || (i && now() - start > TURN_NS)) {
            conn_ready(c);
            return;
        }
        if (!receive(c))
            break;
        handle(c);
    }
    conn_flush(c);
}

/* ---- transactions, end ---- */

struct txn *conn_txn(const struct conn *c, uint32_t id)
{
    for (const struct conn_txn *t = c->txns; t; t = t->next)
        if (txn_id(t->txn) == id)
            return t->txn;
    return NULL;
}

static void account(const struct conn *c, int by)
{
    struct domain_account *a = domains_account(c->id);

    if (a)
        a->transactions = (uint32_t)((int64_t)a->transactions + by);
}

bool conn_add_txn(struct conn *c, struct txn *t)
{
    struct conn_txn *new = malloc(sizeof(*new));

    if (!new) {
        txn_abort(t);
        return false;
    }
    *new = (struct conn_txn){c->txns, t};
    c->txns = new;
    account(c, 1);
    return true;
}

void conn_take_txn(struct conn *c, struct txn *t)
{
    for (struct conn_txn **at = &c->txns; *at; at = &(*at)->next) {
        struct conn_txn *x = *at;

        if (x->txn != t)
            continue;
        *at = x->next;
        free(x);
        account(c, -1);
        return;
    }
}

void conn_end_txns(struct conn *c)
{
    while (c->txns) {
        struct txn *t = c->txns->txn;

        conn_take_txn(c, t);
        txn_abort(t);
    }
}

void conn_forget(struct conn *c)
{
    watch_remove_all(c);
    conn_end_txns(c);
    while (c->out)
        chunk_drop(c);
    c->have = 0;
    c->next_txn = 0;
}

void conn_end(struct conn *c)
{
    conn_forget(c);
    c->dead = false;
    if (!c->ops->end(c))
        return;
    unready(c);
    *c->pprev = c->next;
    if (c->next)
        c->next->pprev = c->pprev;
    c->ops->release(c);
}
