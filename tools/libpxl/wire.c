/* SPDX-License-Identifier: MIT */
#include "wire.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define REPLY_MAX 65536 /* more is not a store */

static int socket_open(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const char *path = getenv("XENSTORED_PATH");
    int fd;

    if (!path)
        path = "/run/xenstored/socket";
    if (strlen(path) >= sizeof(a.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(a.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
        int err = errno;

        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

/* Where the store is a domain of its own there is no socket, but the kernel's device. */
int wire_open(struct wire *w)
{
    int err;

    w->queued = w->taken = 0;
    w->used = 0;
    w->device = false;
    w->fd = socket_open();
    if (w->fd >= 0)
        return 0;
    err = errno;
    if (getenv("XENSTORED_PATH"))
        return -1;
    w->fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
    w->device = true;
    if (w->fd >= 0)
        return 0;
    errno = err;
    return -1;
}

void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    free(w->out);
    w->out = NULL;
    w->used = w->room = 0;
    w->queued = w->taken = 0;
}

int wire_put(struct wire *w, uint32_t type, uint32_t tx, const char *text, const void *data, size_t n)
{
    size_t length = strlen(text) + 1, size = sizeof(struct xsd_sockmsg) + length + n;
    struct xsd_sockmsg head = {.type = type, .req_id = w->queued, .tx_id = tx, .len = (uint32_t)(length + n)};

    if (length + n > XENSTORE_PAYLOAD_MAX) {
        errno = E2BIG;
        return -1;
    }
    if (w->fd < 0 && wire_open(w))
        return -1;
    if (w->room - w->used < size) {
        size_t room = (w->used + size) * 2;
        char *more = realloc(w->out, room);

        if (!more)
            return -1;
        w->out = more;
        w->room = room;
    }
    memcpy(w->out + w->used, &head, sizeof(head));
    memcpy(w->out + w->used + sizeof(head), text, length);
    if (n)
        memcpy(w->out + w->used + sizeof(head) + length, data, n);
    w->used += size;
    w->queued++;
    return 0;
}

static int broken(struct wire *w, int err)
{
    wire_close(w);
    errno = err;
    return -1;
}

int wire_send(struct wire *w)
{
    size_t done = 0;

    while (done < w->used) {
        size_t part = w->used - done;
        ssize_t n;

        if (w->device) {
            struct xsd_sockmsg head;

            memcpy(&head, w->out + done, sizeof(head));
            part = sizeof(head) + head.len;
            n = write(w->fd, w->out + done, part);
        } else {
            n = send(w->fd, w->out + done, part, MSG_NOSIGNAL);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return broken(w, n ? errno : EPIPE);
        done += (size_t)n;
    }
    w->used = 0;
    return 0;
}

static int read_all(struct wire *w, void *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(w->fd, (char *)to + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return broken(w, got ? errno : ECONNRESET);
        done += (size_t)got;
    }
    return 0;
}

static int errno_of(const char *name)
{
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        if (!strcmp(xsd_errors[i].errstring, name))
            return xsd_errors[i].errnum;
    return EINVAL;
}

/* One message, its payload malloc'ed with a NUL behind it. */
static int message_read(struct wire *w, struct xsd_sockmsg *head, char **payload)
{
    char *text;

    *payload = NULL;
    if (w->fd < 0) {
        errno = ECONNRESET;
        return -1;
    }
    if (read_all(w, head, sizeof(*head)))
        return -1;
    if (head->len > REPLY_MAX)
        return broken(w, EPROTO);
    text = malloc(head->len + 1u);
    if (!text)
        return broken(w, ENOMEM);
    if (read_all(w, text, head->len)) {
        free(text);
        return -1;
    }
    text[head->len] = 0;
    *payload = text;
    return 0;
}

int wire_take(struct wire *w, char **payload, unsigned *size)
{
    struct xsd_sockmsg head;
    char *text;

    *payload = NULL;
    if (message_read(w, &head, &text))
        return -1;
    if (head.req_id != w->taken) {
        free(text);
        return broken(w, EPROTO);
    }
    if (++w->taken == w->queued)
        w->taken = w->queued = 0;
    if (head.type == XS_ERROR) {
        errno = errno_of(text);
        free(text);
        return -1;
    }
    *payload = text;
    *size = head.len;
    return 0;
}

/* ---- watches ---- */

int wire_watch(struct wire *w, const char *path)
{
    struct xsd_sockmsg head;
    char *text;
    int err = 0;

    if (wire_put(w, XS_WATCH, 0, path, "w", 2) || wire_send(w))
        return -1;
    w->queued = 0;
    do {
        if (message_read(w, &head, &text))
            return -1;
        if (head.type == XS_ERROR)
            err = errno_of(text);
        free(text);
    } while (head.type == XS_WATCH_EVENT);
    errno = err;
    return err ? -1 : 0;
}

int wire_event(struct wire *w, int timeout_ms, char *path, size_t size)
{
    struct pollfd f = {.fd = w->fd, .events = POLLIN};
    struct xsd_sockmsg head;
    char *text;
    int n = poll(&f, 1, timeout_ms);

    if (n <= 0)
        return n < 0 && errno != EINTR ? -1 : 0;
    if (message_read(w, &head, &text))
        return -1;
    snprintf(path, size, "%s", text);
    free(text);
    return head.type == XS_WATCH_EVENT ? 1 : broken(w, EPROTO);
}
