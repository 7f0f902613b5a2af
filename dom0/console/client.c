/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "client.h"
#include "guest.h"
#include "log.h"
#include "service.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 256

struct client {
    struct source source; /* first */
    int fd;
    uint32_t interest;      /* events that are waited for */
    char line[LINE];
    size_t have;
    bool silent;            /* it sends no more */
    char *out;              /* an answer; then what is attached follows */
    size_t out_size, out_done;
    struct history *history; /* attached; NULL: not */
    struct guest *guest;    /* NULL: it ended */
    uint64_t position;
    TAILQ_ENTRY(client) attached;
};

static struct source listener;
static int listener_fd = -1;

static void client_end(struct client *c)
{
    if (c->guest)
        TAILQ_REMOVE(&c->guest->clients, c, attached);
    history_put(c->history);
    loop_remove(c->fd);
    close(c->fd);
    free(c->out);
    loop_bury(&c->source);
}

static void interest(struct client *c, uint32_t add, uint32_t remove)
{
    uint32_t want = (c->interest | add) & ~remove;

    if (want != c->interest)
        loop_change(c->fd, &c->source, want);
    c->interest = want;
}

/* ---- out ---- */

static bool answer(struct client *c, char *text, size_t n)
{
    char *all = text ? realloc(c->out, c->out_size + n) : NULL;

    if (all) {
        memcpy(all + c->out_size, text, n);
        c->out = all;
        c->out_size += n;
    }
    free(text);
    return all;
}

static bool say(struct client *c, const char *format, ...)
{
    char *text;
    va_list ap;
    int n;

    va_start(ap, format);
    n = vasprintf(&text, format, ap);
    va_end(ap);
    return n >= 0 && answer(c, text, (size_t)n);
}

/* Bytes that the socket took, all or less; -1: it is broken. */
static ssize_t put(struct client *c, const char *data, size_t n)
{
    ssize_t done = send(c->fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

    return done >= 0 ? done : errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static bool put_answer(struct client *c)
{
    ssize_t n;

    while (c->out_done < c->out_size) {
        n = put(c, c->out + c->out_done, c->out_size - c->out_done);
        if (n <= 0)
            return n == 0;
        c->out_done += (size_t)n;
    }
    free(c->out);
    c->out = NULL;
    c->out_size = c->out_done = 0;
    return true;
}

static bool put_history(struct client *c)
{
    const char *data;
    size_t n;
    ssize_t done;

    while (!c->out && c->history) {
        if (c->position < c->history->begin) {
            say(c, "\r\n[pxconsoled: %" PRIu64 " bytes lost here]\r\n", c->history->begin - c->position);
            c->position = c->history->begin;
            if (!put_answer(c))
                return false;
            continue;
        }
        n = history_peek(c->history, &c->position, &data);
        if (!n)
            return c->guest; /* the end, if the guest has ended */
        done = put(c, data, n);
        if (done <= 0)
            return done == 0;
        c->position += (uint64_t)done;
    }
    return true;
}

/* Writes as much as goes. False: the client has ended. */
static bool flush(struct client *c)
{
    bool more;

    if (!put_answer(c) || !put_history(c) || (c->silent && !c->out && !c->history)) {
        client_end(c);
        return false;
    }
    more = c->out || (c->history && c->position < c->history->end);
    interest(c, more ? EPOLLOUT : 0, more ? 0 : EPOLLOUT);
    return true;
}

/* ---- requests ---- */

static void refuse(struct client *c, int err, const char *what)
{
    say(c, "error %d %s\n", err, what);
}

static void say_head(struct client *c, const struct history *h, unsigned id, const uint8_t *uuid, const char *name)
{
    char text[UUID_TEXT];

    uuid_print(text, uuid);
    say(c, "ok %" PRIu64 " %u %s %s\n", h->end - h->begin, id, text, name);
}

static void say_history(struct client *c, const struct history *h)
{
    size_t n = (size_t)(h->end - h->begin);
    char *text = malloc(n + 1);

    if (text)
        answer(c, text, history_copy(h, text));
}

static void request_history(struct client *c, const char *key)
{
    struct guest *g = guest_named(key);

    if (!g) {
        refuse(c, ESRCH, "no such console");
        return;
    }
    say_head(c, g->history, g->id, g->uuid, g->name);
    say_history(c, g->history);
}

static void request_dead(struct client *c, const char *key)
{
    struct dead *d = dead_named(key);

    if (!d) {
        refuse(c, ESRCH, "no such domain among those that ended last");
        return;
    }
    say_head(c, d->history, d->id, d->uuid, d->name);
    say_history(c, d->history);
}

static void request_attach(struct client *c, const char *key)
{
    struct guest *g = guest_named(key);

    if (!g) {
        refuse(c, ESRCH, "no such console");
        return;
    }
    say_head(c, g->history, g->id, g->uuid, g->name);
    c->history = history_get(g->history);
    c->position = c->history->begin;
    c->guest = g;
    TAILQ_INSERT_TAIL(&g->clients, c, attached);
}

static void request_ready(struct client *c, const char *arguments)
{
    unsigned id = 0;
    uint32_t port = 0;
    uint64_t frame = 0;
    int n = sscanf(arguments, "%u %" SCNu32 " %" SCNu64, &id, &port, &frame), rc;

    if (n != 1 && n != 3) {
        refuse(c, EINVAL, "ready ID [PORT FRAME]");
        return;
    }
    rc = guest_take(id, frame, port);
    if (rc)
        refuse(c, rc, strerror(rc));
    else
        say(c, "ok\n");
}

static void list_line(FILE *f, const char *state, const struct history *h, unsigned id, const uint8_t *uuid, const char *name)
{
    char text[UUID_TEXT];

    uuid_print(text, uuid);
    fprintf(f, "%u %s %s %" PRIu64 " %s\n", id, text, state, h->end - h->begin, name);
}

static void request_list(struct client *c)
{
    const struct guest *g;
    const struct dead *d;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return;
    TAILQ_FOREACH(g, &guests, all)
        list_line(f, "alive", g->history, g->id, g->uuid, g->name);
    TAILQ_FOREACH(d, &dead, all)
        list_line(f, "dead", d->history, d->id, d->uuid, d->name);
    if (fclose(f))
        return;
    say(c, "ok %zu\n", size);
    answer(c, text, size);
}

static void request(struct client *c, char *line)
{
    char *arguments = strchrnul(line, ' ');

    if (*arguments)
        *arguments++ = 0;
    if (!strcmp(line, "list"))
        request_list(c);
    else if (!strcmp(line, "history"))
        request_history(c, arguments);
    else if (!strcmp(line, "dead"))
        request_dead(c, arguments);
    else if (!strcmp(line, "attach"))
        request_attach(c, arguments);
    else if (!strcmp(line, "ready"))
        request_ready(c, arguments);
    else
        refuse(c, EINVAL, "list, history KEY, dead KEY, attach KEY or ready ID");
}

/* ---- in ---- */

/* What it sent, behind what is there. */
static size_t receive(struct client *c, size_t n)
{
    ssize_t done = recv(c->fd, c->line + c->have, n, 0);

    if (done == 0 || (done < 0 && errno != EAGAIN && errno != EINTR)) {
        c->silent = true;
        interest(c, 0, EPOLLIN);
    }
    return done > 0 ? (size_t)done : 0;
}

static void typed(struct client *c)
{
    size_t room = c->guest ? guest_room(c->guest) : 0, n;

    /* What came in one piece with the request is typed first. */
    if (c->have && room) {
        n = guest_type(c->guest, c->line, c->have);
        c->have -= n;
        memmove(c->line, c->line + n, c->have);
        room = guest_room(c->guest);
    }
    if (c->have || !room) {
        interest(c, 0, EPOLLIN);
        return;
    }
    n = receive(c, room < LINE ? room : LINE);
    if (n)
        guest_type(c->guest, c->line, n);
}

static void asked(struct client *c)
{
    char *end;

    c->have += receive(c, LINE - c->have);
    while (!c->history && (end = memchr(c->line, '\n', c->have))) {
        size_t used = (size_t)(end + 1 - c->line);

        *end = 0;
        request(c, c->line);
        c->have -= used;
        memmove(c->line, end + 1, c->have);
    }
    if (!c->history && c->have == LINE) {
        refuse(c, EINVAL, "a request has less than 256 characters");
        c->silent = true;
        interest(c, 0, EPOLLIN);
    }
    if (c->history && c->have)
        typed(c);
}

static void client_event(struct source *s, uint32_t events)
{
    struct client *c = (struct client *)s;

    if (events & (EPOLLERR | EPOLLHUP)) {
        client_end(c);
        return;
    }
    if ((events & EPOLLIN) && c->history)
        typed(c);
    else if (events & EPOLLIN)
        asked(c);
    flush(c);
}

static void accept_one(struct source *s, uint32_t events)
{
    int fd = accept4(listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;

    (void)s;
    (void)events;
    if (!c) {
        if (fd >= 0)
            close(fd);
        return;
    }
    c->fd = fd;
    c->source.event = client_event;
    c->interest = EPOLLIN;
    if (loop_add(fd, &c->source, EPOLLIN)) {
        close(fd);
        free(c);
    }
}

int clients_open(const char *directory)
{
    char path[108];

    snprintf(path, sizeof(path), "%s/socket", directory);
    listener_fd = service_listen(path);
    listener.event = accept_one;
    return listener_fd < 0 ? -1 : loop_add(listener_fd, &listener, EPOLLIN);
}

/* ---- what guests do ---- */

void clients_printed(struct guest *g)
{
    struct client *c, *next;

    for (c = TAILQ_FIRST(&g->clients); c; c = next) {
        next = TAILQ_NEXT(c, attached);
        if (!(c->interest & EPOLLOUT))
            flush(c);
    }
}

void clients_ended(struct guest *g)
{
    struct client *c;

    while ((c = TAILQ_FIRST(&g->clients))) {
        TAILQ_REMOVE(&g->clients, c, attached);
        c->guest = NULL;
        flush(c);
    }
}

void clients_room(struct guest *g)
{
    struct client *c;

    TAILQ_FOREACH(c, &g->clients, attached)
        if (!c->silent)
            interest(c, EPOLLIN, 0);
}
