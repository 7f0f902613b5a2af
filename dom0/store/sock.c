/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sock.h"
#include "log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int epoll_fd = -1;

static ssize_t moved(ssize_t n)
{
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return n;
}

static ssize_t sock_read(struct conn *c, void *buffer, size_t n)
{
    ssize_t rc = recv(((struct sock *)c)->fd, buffer, n, 0);

    return rc == 0 ? -1 : moved(rc);
}

static ssize_t sock_write(struct conn *c, const void *data, size_t n)
{
    return moved(send(((struct sock *)c)->fd, data, n, MSG_NOSIGNAL));
}

static bool sock_end(struct conn *c)
{
    (void)c;
    return true;
}

static void sock_release(struct conn *c)
{
    struct sock *s = (struct sock *)c;

    close(s->fd);
    free(s);
}

/* Room to write is waited for when replies wait; new requests not while the client does not read. */
static void sock_served(struct conn *c)
{
    struct sock *s = (struct sock *)c;
    struct epoll_event e = {.data.ptr = s};

    e.events = (c->out ? EPOLLOUT : 0u) | (conn_paused(c) ? 0u : (uint32_t)EPOLLIN);
    if (e.events != s->events && !epoll_ctl(epoll_fd, EPOLL_CTL_MOD, s->fd, &e))
        s->events = e.events;
}

static const struct conn_ops sock_ops = {sock_read, sock_write, sock_end, sock_release, sock_served};

bool conn_is_sock(const struct conn *c)
{
    return c->ops == &sock_ops;
}

struct sock *sock_add(int fd, int epoll, bool readonly)
{
    struct sock *s = calloc(1, sizeof(*s));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = s};

    epoll_fd = epoll;
    if (!s || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e)) {
        log_line(LOG_ERROR, "a client is turned away: %s", strerror(errno));
        free(s);
        close(fd);
        return NULL;
    }
    conn_init(&s->conn, &sock_ops, 0);
    s->conn.readonly = readonly;
    s->fd = fd;
    s->events = e.events;
    return s;
}

void sock_accept(int listener, int epoll, bool readonly)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        sock_add(fd, epoll, readonly);
    else if (errno != EAGAIN && errno != ECONNABORTED)
        log_line(LOG_ERROR, "accept: %s", strerror(errno));
}
