/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "store.h"
#include "backend.h"
#include "clock.h"
#include "log.h"
#include "loop.h"
#include "xenbus.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>

#define RETRY_MS 1000
#define EVENTS_A_ROUND 256

static struct xs_handle *store;
static struct source store_source, line_source;
static int line = -1;
static uint64_t last_try;
static unsigned own_domid;

bool store_is_there(void)
{
    return store != NULL;
}

unsigned store_own_domid(void)
{
    return own_domid;
}

static void store_close(void)
{
    if (line >= 0) {
        loop_remove(line);
        close(line);
    }
    loop_remove(xs_fileno(store));
    xs_close(store);
    store = NULL;
    line = -1;
}

static void store_event(struct source *s, uint32_t events)
{
    char **watch;

    (void)s;
    (void)events;
    for (unsigned i = 0; i < EVENTS_A_ROUND && (watch = xs_check_watch(store)); i++) {
        xenbus_event(watch[XS_WATCH_PATH], watch[XS_WATCH_TOKEN]);
        free(watch);
    }
}

static void line_event(struct source *s, uint32_t events)
{
    (void)s;
    (void)events;
    log_line(LOG_ERROR, "the store is gone");
    store_close();
}

/* libxenstore does not say that its connection has ended: a second one, on which nothing is ever said, does. */
static void line_open(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", xs_daemon_socket());
    line_source.event = line_event;
    line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0 || (!connect(line, (struct sockaddr *)&a, sizeof(a)) && !loop_add(line, &line_source, EPOLLIN)))
        return;
    close(line); /* a store without socket, in a domain of its own: that one does not end */
    line = -1;
}

int store_find(void)
{
    uint64_t now = clock_ms();
    char *domid;

    if (store)
        return -1;
    if (last_try && now - last_try < RETRY_MS)
        return (int)(RETRY_MS - (now - last_try));
    last_try = now;
    store = xs_open(0);
    if (!store)
        return RETRY_MS;
    store_source.event = store_event;
    domid = store_read("domid");
    own_domid = domid ? (unsigned)strtoul(domid, NULL, 10) : 0;
    free(domid);
    if (loop_add(xs_fileno(store), &store_source, EPOLLIN) || !xenbus_store_new()) {
        store_close();
        return RETRY_MS;
    }
    line_open();
    log_line(LOG_DETAIL, "connected to the store");
    return -1;
}

char *store_read(const char *path)
{
    unsigned n;

    return store ? xs_read(store, XBT_NULL, path, &n) : NULL;
}

bool store_has(const char *path)
{
    char *text = store_read(path);
    bool has = text || !store || errno != ENOENT;

    free(text);
    return has;
}

bool store_write(const char *path, const char *text)
{
    return store && xs_write(store, XBT_NULL, path, text, (unsigned)strlen(text));
}

bool store_write_there(const char *path, const char *text)
{
    while (store) {
        xs_transaction_t t = xs_transaction_start(store);
        unsigned n;
        char *old = t ? xs_read(store, t, path, &n) : NULL;
        bool good = old && xs_write(store, t, path, text, (unsigned)strlen(text));

        free(old);
        if (!t)
            return false;
        if (xs_transaction_end(store, t, !good))
            return good;
        if (errno != EAGAIN)
            return false;
    }
    return false;
}

void store_remove(const char *path)
{
    if (store)
        xs_rm(store, XBT_NULL, path);
}

char **store_list(const char *path, unsigned *n)
{
    return store ? xs_directory(store, XBT_NULL, path, n) : NULL;
}

bool store_watch(const char *path, const char *token)
{
    return store && xs_watch(store, path, token);
}

void store_unwatch(const char *path, const char *token)
{
    if (store)
        xs_unwatch(store, path, token);
}

/* ---- keys of a device ---- */

static bool key_path(char *path, size_t size, struct device *d, bool front, const char *key)
{
    int n = snprintf(path, size, "%s/%s", front ? d->front : d->back, key);

    return (!front || d->front[0]) && n > 0 && (size_t)n < size;
}

char *key_read(struct device *d, bool front, const char *key)
{
    char path[160];

    return key_path(path, sizeof(path), d, front, key) ? store_read(path) : NULL;
}

bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    char *text = key_read(d, front, key), *end;
    bool good = true;

    *value = without;
    if (text) {
        errno = 0;
        *value = strtoull(text, &end, 10);
        good = *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
    }
    free(text);
    return good;
}

bool key_write(struct device *d, const char *key, const char *format, ...)
{
    char path[160], text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return key_path(path, sizeof(path), d, false, key) && store_write(path, text);
}

void key_remove(struct device *d, const char *key)
{
    char path[160];

    if (key_path(path, sizeof(path), d, false, key))
        store_remove(path);
}
