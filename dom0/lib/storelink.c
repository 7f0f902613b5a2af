/* SPDX-License-Identifier: MIT */
#include "storelink.h"
#include "clock.h"
#include "log.h"
#include "loop.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_MS 1000
#define EVENTS_A_ROUND 256 /* then the loop serves others first */

static struct xs_handle *store;
static struct source store_source, line_source;
static int line = -1;
static uint64_t last_try;
static void (*event)(const char *path, const char *token);

struct xs_handle *storelink(void)
{
    return store;
}

static void end(void)
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
    /* The connection may have ended earlier in this round. */
    for (unsigned i = 0; i < EVENTS_A_ROUND && store && (watch = xs_check_watch(store)); i++) {
        event(watch[XS_WATCH_PATH], watch[XS_WATCH_TOKEN]);
        free(watch);
    }
}

static void line_event(struct source *s, uint32_t events)
{
    (void)s;
    (void)events;
    if (!store)
        return;
    log_line(LOG_ERROR, "the store is gone");
    end();
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

int storelink_find(bool (*begin)(void), void (*on_event)(const char *path, const char *token))
{
    uint64_t now;

    if (store)
        return -1; /* and no look at the clock, which may be a system call in a guest */
    now = clock_ms();
    if (last_try && now - last_try < RETRY_MS)
        return (int)(RETRY_MS - (now - last_try));
    last_try = now;
    store = xs_open(0);
    if (!store)
        return RETRY_MS;
    event = on_event;
    store_source.event = store_event;
    if (loop_add(xs_fileno(store), &store_source, EPOLLIN) || !begin()) {
        end();
        return RETRY_MS;
    }
    line_open();
    log_line(LOG_DETAIL, "connected to the store");
    return -1;
}
