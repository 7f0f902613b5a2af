/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "guest.h"
#include "client.h"
#include "clock.h"
#include "daemon.h"
#include "log.h"
#include "storelink.h"
#include "terminal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_AT_A_TIME 64
#define PERIOD_MS 100
#define SHARE (128u << 10) /* bytes a period: more than a serial line ever carries */

static struct guest_list waiting = TAILQ_HEAD_INITIALIZER(waiting), delayed = TAILQ_HEAD_INITIALIZER(delayed);
/* ---- turns ---- */

void guest_wait(struct guest *g)
{
    if (g->waiting || g->delayed)
        return;
    g->waiting = true;
    TAILQ_INSERT_TAIL(&waiting, g, turn);
}

void guest_leave(struct guest *g)
{
    if (g->waiting)
        TAILQ_REMOVE(&waiting, g, turn);
    if (g->delayed)
        TAILQ_REMOVE(&delayed, g, turn);
    g->waiting = g->delayed = false;
}

static bool share_used_up(struct guest *g)
{
    uint64_t period = clock_ms() / PERIOD_MS;

    if (g->period != period) {
        g->period = period;
        g->printed = 0;
    }
    return g->printed >= SHARE;
}

static void cut_off(struct guest *g)
{
    if (!g->cut_off)
        log_line(LOG_NOTE, "%s (domain %u): impossible ring index: its console is cut off", g->name, g->id);
    g->cut_off = true;
}

/* ---- what is printed and typed ---- */

static void log_append(struct guest *g, const char *data, size_t n)
{
    int rc = g->log_path ? logfile_append(&log_rules, g->log_path, data, n) : 0;

    if (rc && !g->log_failed)
        log_line(LOG_ERROR, "%s: %s", g->log_path, strerror(rc));
    g->log_failed = rc;
}

/* One ring of bytes at most. False: it was empty, or is a lie. */
bool guest_drain(struct guest *g)
{
    char data[sizeof(g->ring.page->out)];
    ssize_t n = g->cut_off ? 0 : console_ring_take(&g->ring, data, sizeof(data));

    if (n < 0)
        cut_off(g);
    if (n <= 0)
        return false;
    guest_notify(g);
    g->printed += (size_t)n;
    history_add(g->history, data, (size_t)n);
    log_append(g, data, (size_t)n);
    terminal_show(g);
    clients_printed(g);
    return true;
}

size_t guest_room(struct guest *g)
{
    ssize_t n = g->cut_off ? 0 : console_ring_room(&g->ring);

    if (n < 0)
        cut_off(g);
    if (n <= 0)
        g->typing_waits = true;
    return n > 0 ? (size_t)n : 0;
}

size_t guest_type(struct guest *g, const char *data, size_t n)
{
    ssize_t done = g->cut_off ? 0 : console_ring_put(&g->ring, data, n);

    if (done < 0)
        cut_off(g);
    if (done <= 0)
        return 0;
    guest_notify(g);
    return (size_t)done;
}

/* ---- its name and terminal ---- */

/* LIMIT: once; who is renamed keeps its log and its name among the dead. */
static void name_read(struct guest *g, struct xs_handle *store, xs_transaction_t t)
{
    char path[64], *name;
    unsigned n;

    snprintf(path, sizeof(path), "/local/domain/%u/name", g->id);
    name = store ? xs_read(store, t, path, &n) : NULL;
    if (name && *name && !g->named)
        snprintf(g->name, sizeof(g->name), "%s", name);
    for (char *c = g->name; *c; c++)
        if ((unsigned char)*c <= ' ')
            *c = '_'; /* a name is a word of the protocol */
    free(name);
}

/* In a transaction: who is being destroyed and has lost its part of the store must not get a new one by this. */
static void publish(struct guest *g, const char *tty)
{
    struct xs_handle *store = storelink();
    char path[64], *there;
    xs_transaction_t t;
    unsigned n;

    do {
        t = store ? xs_transaction_start(store) : XBT_NULL;
        if (t == XBT_NULL) {
            name_read(g, NULL, XBT_NULL);
            return;
        }
        name_read(g, store, t);
        snprintf(path, sizeof(path), "/local/domain/%u/console/port", g->id);
        there = xs_read(store, t, path, &n);
        snprintf(path, sizeof(path), "/local/domain/%u/console/tty", g->id);
        if (there && *tty)
            xs_write(store, t, path, tty, (unsigned)strlen(tty));
        free(there);
    } while (!xs_transaction_end(store, t, false) && errno == EAGAIN);
}

void guest_begin(struct guest *g, bool alive)
{
    char tty[64] = "";
    int rc = alive ? terminal_open(g, tty, sizeof(tty)) : 0;

    if (rc)
        log_line(LOG_ERROR, "domain %u has no pseudo-terminal: %s", g->id, strerror(rc));
    publish(g, tty);
    g->named = true;
    if (log_rules.directory)
        g->log_path = logfile_path(&log_rules, g->name);
}

void guests_publish(void)
{
    struct guest *g;
    char tty[64];

    TAILQ_FOREACH(g, &guests, all)
        if (g->named && g->master >= 0 && !ptsname_r(g->master, tty, sizeof(tty)))
            publish(g, tty);
}

static void turn(struct guest *g)
{
    if (!g->named)
        guest_begin(g, true);
    if (g->cut_off)
        return;
    if (share_used_up(g)) {
        g->delayed = true;
        TAILQ_INSERT_TAIL(&delayed, g, turn);
        return;
    }
    if (guest_drain(g)) {
        guest_wait(g);
    } else if (g->masked && !g->cut_off) {
        g->masked = false;
        guest_unmask(g);
    }
    if (g->typing_waits) {
        g->typing_waits = false;
        terminal_type(g);
        clients_room(g);
    }
}

int guests_serve(void)
{
    uint64_t now = clock_ms();
    struct guest *g, *next;

    for (g = TAILQ_FIRST(&delayed); g; g = next) {
        next = TAILQ_NEXT(g, turn);
        if (g->period == now / PERIOD_MS)
            break;
        guest_leave(g);
        guest_wait(g);
    }
    for (unsigned i = 0; i < TURNS_AT_A_TIME && (g = TAILQ_FIRST(&waiting)); i++) {
        guest_leave(g);
        turn(g);
    }
    if (!TAILQ_EMPTY(&waiting))
        return 0;
    return TAILQ_EMPTY(&delayed) ? -1 : (int)(PERIOD_MS - now % PERIOD_MS);
}
