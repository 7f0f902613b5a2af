/* SPDX-License-Identifier: MIT */
/*
 * Channels: consoles besides the first, which a guest's programs (agents) talk over. Dom0's end is a pseudo-terminal, named by the key
 * `tty`, or a unix socket at `path`, which has one client at a time: what the guest says without one is dropped.
 *
 * - What the guest says waits in the ring while the other end takes nothing: it slows only itself.
 * - After a restart of pxbackd the socket is at its place again; a pseudo-terminal is a new one.
 */
#define _GNU_SOURCE
#include "backend.h"
#include "dom0/console/ring.h"
#include "log.h"
#include "loop.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define TURNS 16 /* of one ring of bytes each, in a row */

struct channel {
    struct source end;       /* first: the pseudo-terminal, or the client */
    struct source *listener; /* of the socket */
    struct port port;
    struct device *device;
    struct console_ring ring;
    void *page;              /* NULL: not connected */
    int fd, slave, listening;
    char *path;
    char out[2048];          /* taken from the ring, not written yet */
    size_t used;
    bool again, lies;        /* more to do in the next round; an index was impossible */
    TAILQ_ENTRY(channel) all;
};

struct listener {
    struct source source; /* first: buried */
    struct channel *channel;
};

static TAILQ_HEAD(, channel) channels = TAILQ_HEAD_INITIALIZER(channels);

/* ---- bytes ---- */

static void end_lost(struct channel *c)
{
    if (c->fd < 0 || c->slave >= 0)
        return;
    loop_remove(c->fd);
    close(c->fd);
    c->fd = -1;
    c->used = 0;
}

/* False: the other end takes nothing more now. */
static bool out_write(struct channel *c)
{
    ssize_t n;

    if (c->fd < 0) {
        c->used = 0;
        return true;
    }
    if (!c->used)
        return true;
    n = c->slave >= 0 ? write(c->fd, c->out, c->used) : send(c->fd, c->out, c->used, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return end_lost(c), true;
    if (n <= 0)
        return false;
    memmove(c->out, c->out + n, c->used - (size_t)n);
    c->used -= (size_t)n;
    return !c->used;
}

/* From the guest. */
static bool say(struct channel *c)
{
    ssize_t n;

    if (!out_write(c))
        return false;
    n = console_ring_take(&c->ring, c->out, sizeof(c->out));
    if (n < 0)
        c->lies = true;
    if (n <= 0)
        return false;
    c->used = (size_t)n;
    port_notify(&c->port);
    return true;
}

/* To the guest, as much as it has room for. */
static bool hear(struct channel *c)
{
    char data[1024];
    ssize_t room = c->fd < 0 ? 0 : console_ring_room(&c->ring), n;

    if (room < 0)
        c->lies = true;
    if (room <= 0)
        return false;
    n = read(c->fd, data, (size_t)room < sizeof(data) ? (size_t)room : sizeof(data));
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        end_lost(c);
    if (n <= 0)
        return false;
    if (console_ring_put(&c->ring, data, (size_t)n) < 0)
        c->lies = true;
    port_notify(&c->port);
    return true;
}

static void pump(struct channel *c)
{
    unsigned turns = 0;

    c->again = false;
    if (!c->page || c->lies)
        return;
    for (bool more = true; more && !c->lies && turns < TURNS; turns += more) {
        bool said = say(c);

        more = hear(c) || said;
    }
    if (c->lies) {
        device_kill(c->device, "an impossible index of its channel");
        return;
    }
    c->again = turns == TURNS;
    port_unmask(&c->port);
}

static void port_event(struct port *p)
{
    pump((struct channel *)((char *)p - offsetof(struct channel, port)));
}

static void end_event(struct source *s, uint32_t events)
{
    (void)events;
    pump((struct channel *)s);
}

/* ---- Dom0's end ---- */

static void client_event(struct source *s, uint32_t events)
{
    struct channel *c = ((struct listener *)s)->channel;
    int fd = accept4(c->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)events;
    if (fd < 0)
        return;
    if (c->fd >= 0) { /* the first one has it */
        close(fd);
        return;
    }
    c->fd = fd;
    if (loop_add(fd, &c->end, EPOLLIN | EPOLLOUT | EPOLLET)) {
        close(fd);
        c->fd = -1;
    }
    pump(c);
}

static int socket_open(struct channel *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct listener *l;
    struct stat st;

    if (c->path[0] != '/' || strlen(c->path) >= sizeof(a.sun_path))
        return EINVAL;
    strcpy(a.sun_path, c->path);
    if (!lstat(c->path, &st) && (!S_ISSOCK(st.st_mode) || unlink(c->path)))
        return EEXIST; /* what is no socket stays */
    c->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->listening < 0 || bind(c->listening, (struct sockaddr *)&a, sizeof(a)) || chmod(c->path, 0600) || listen(c->listening, 4))
        return errno;
    l = calloc(1, sizeof(*l));
    if (!l)
        return ENOMEM;
    l->source.event = client_event;
    l->channel = c;
    c->listener = &l->source;
    return loop_add(c->listening, &l->source, EPOLLIN) ? errno : 0;
}

static int pty_open(struct channel *c)
{
    struct termios raw;
    char name[64];

    c->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (c->fd < 0 || grantpt(c->fd) || unlockpt(c->fd) || ptsname_r(c->fd, name, sizeof(name)))
        return errno;
    /* Kept open, so that nobody's coming and going is seen here. */
    c->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->slave < 0 || tcgetattr(c->slave, &raw))
        return errno;
    cfmakeraw(&raw);
    if (tcsetattr(c->slave, TCSANOW, &raw) || loop_add(c->fd, &c->end, EPOLLIN | EPOLLOUT | EPOLLET))
        return errno;
    key_write(c->device, "tty", "%s", name);
    return 0;
}

static void channel_free(struct channel *c)
{
    if (c->fd >= 0) {
        loop_remove(c->fd);
        close(c->fd);
    }
    if (c->slave >= 0)
        close(c->slave);
    if (c->listening >= 0) {
        loop_remove(c->listening);
        close(c->listening);
        unlink(c->path);
    }
    if (c->listener)
        loop_bury(c->listener);
    free(c->path);
    loop_bury(&c->end);
}

/* ---- as a kind of devices ---- */

static int channel_open(struct device *d)
{
    char *connection = key_read(d, false, "connection");
    bool is_socket = connection && !strcmp(connection, "socket");
    struct channel *c = calloc(1, sizeof(*c));
    int err = ENOMEM;

    if (c) {
        *c = (struct channel){.end.event = end_event, .port = {port_event, -1}, .device = d, .fd = -1, .slave = -1, .listening = -1};
        c->path = key_read(d, false, "path");
        err = connection && !is_socket && strcmp(connection, "pty") ? EINVAL : is_socket ? c->path ? socket_open(c) : EINVAL : pty_open(c);
        if (err)
            channel_free(c);
    }
    if (err)
        device_fail(d, err, "making Dom0's end of the channel, %s", connection ? connection : "pty");
    free(connection);
    if (err)
        return err;
    TAILQ_INSERT_TAIL(&channels, c, all);
    d->data = c;
    key_write(d, "hotplug-status", "connected");
    return 0;
}

static int channel_connect(struct device *d)
{
    struct channel *c = d->data;
    uint64_t ref, port;
    uint32_t grant;
    int err;

    if (!key_number(d, true, "ring-ref", 0, UINT32_MAX, &ref) || !key_number(d, true, "port", 0, UINT32_MAX, &port) || !ref || !port) {
        device_fail(d, EINVAL, "its front end does not name the ring and event channel");
        return EINVAL;
    }
    grant = (uint32_t)ref;
    c->page = grants_map(d->domid, &grant, 1, true);
    if (!c->page) {
        device_fail(d, err = errno ? errno : EINVAL, "mapping the ring, grant %u", grant);
        return err;
    }
    err = port_bind(&c->port, d->domid, (uint32_t)port);
    if (err) {
        grants_unmap(c->page, 1);
        c->page = NULL;
        device_fail(d, err, "binding event channel %u", (unsigned)port);
        return err;
    }
    c->lies = false;
    console_ring_start(&c->ring, c->page);
    c->again = true;
    return 0;
}

static void channel_disconnect(struct device *d)
{
    struct channel *c = d->data;

    if (c->page) {
        port_unbind(&c->port);
        grants_unmap(c->page, 1);
        c->page = NULL;
    }
    device_settled(d);
}

static void channel_close(struct device *d)
{
    struct channel *c = d->data;

    TAILQ_REMOVE(&channels, c, all);
    channel_free(c);
    d->data = NULL;
}

static void channel_changed(struct device *d, const char *key)
{
    (void)d, (void)key;
}

static bool channel_round(void)
{
    struct channel *c;
    bool more = false;

    TAILQ_FOREACH(c, &channels, all) {
        if (c->again)
            pump(c);
        more |= c->again;
    }
    return more;
}

const struct kind channel_kind = {.name = "console",
                                  .open = channel_open,
                                  .connect = channel_connect,
                                  .disconnect = channel_disconnect,
                                  .close = channel_close,
                                  .changed = channel_changed,
                                  .round = channel_round};
