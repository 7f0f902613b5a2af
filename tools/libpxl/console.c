/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/pxconsoled/socket"
#define ANSWER_S 5

int pxl_console_tty(struct pxl *p, uint32_t domid, int timeout_ms, char *path, size_t size)
{
    struct wire w = {.fd = -1};
    char key[64], event[128];
    bool found = false;

    fault_clear(p);
    snprintf(key, sizeof(key), "/local/domain/%u/console/tty", domid);
    if (store_watch(p, &w, key))
        return pxl_wrap(p, "find the console of domain %u", domid);
    do {
        char *tty = store_read(p, XBT_NULL, "%s", key);

        if (tty && *tty) {
            snprintf(path, size, "%s", tty);
            found = true;
        }
        free(tty);
    } while (!found && wire_event(&w, timeout_ms, event, sizeof(event)) > 0);
    wire_close(&w);
    if (!found)
        return pxl_fail(p, NULL, ETIMEDOUT, "is pxconsoled or xenconsoled running?",
                        "find the console of domain %u: no console daemon has taken it", domid);
    return 0;
}

/* ---- pxconsoled, by its socket; pxconsoled(8) has the requests ---- */

int pxl_channel_tty(struct pxl *p, uint32_t domid, unsigned number, char *path, size_t size)
{
    char *tty;

    fault_clear(p);
    tty = store_read(p, XBT_NULL, "/local/domain/0/backend/console/%u/%u/tty", domid, number);
    if (!tty)
        return pxl_fail(p, NULL, ENOENT, "channel=[\"connection=pty\"] makes one", "find console %u of domain %u: it has none that is a terminal",
                        number, domid);
    snprintf(path, size, "%s", tty);
    free(tty);
    return 0;
}

static int connect_daemon(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = SOCKET};
    struct timeval patience = {.tv_sec = ANSWER_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
        return fd;
    close(fd);
    return -1;
}

/* The first line of an answer, without what follows. 0 or errno. */
static int read_line(int fd, char *line, size_t size)
{
    for (size_t n = 0; n + 1 < size; n++) {
        ssize_t done = read(fd, line + n, 1);

        if (done <= 0)
            return done == 0 ? EPIPE : errno == EAGAIN ? ETIMEDOUT : errno;
        if (line[n] == '\n') {
            line[n] = 0;
            return 0;
        }
    }
    return EPROTO;
}

/* Connects and asks; what follows "ok " is in line. The descriptor, or -1 with a fault for `what`. */
static int ask(struct pxl *p, const char *request, char *line, size_t size, const char *what)
{
    int fd = connect_daemon(), err, code;

    if (fd < 0)
        return pxl_fail(p, "connect " SOCKET, errno, "is pxconsoled running?", "%s", what);
    err = send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request) ? read_line(fd, line, size) : errno;
    if (!err && !strncmp(line, "ok", 2)) {
        memmove(line, line + 2 + (line[2] == ' '), strlen(line + 2 + (line[2] == ' ')) + 1);
        return fd;
    }
    if (!err)
        err = sscanf(line, "error %d", &code) == 1 ? code : EPROTO;
    close(fd);
    return pxl_fail(p, "pxconsoled", err, NULL, "%s", what);
}

bool pxl_console_daemon(void)
{
    int fd = connect_daemon();

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int pxl_console_ready(struct pxl *p, uint32_t domid, uint32_t port, uint64_t frame)
{
    char request[80], line[128];
    int fd;

    fault_clear(p);
    if (port)
        snprintf(request, sizeof(request), "ready %u %u %lu\n", domid, port, frame);
    else
        snprintf(request, sizeof(request), "ready %u\n", domid);
    if (access(SOCKET, F_OK))
        return 0;
    fd = ask(p, request, line, sizeof(line), "connect the console");
    if (fd < 0)
        return p->fault && p->fault->err == ECONNREFUSED ? (fault_clear(p), 0) : -1; /* a socket that its daemon left behind */
    close(fd);
    return 0;
}

int pxl_console_attach(struct pxl *p, uint32_t domid)
{
    static const struct timeval forever;
    char request[32], line[256];
    int fd;

    fault_clear(p);
    snprintf(request, sizeof(request), "attach %u\n", domid);
    fd = ask(p, request, line, sizeof(line), "attach to the console");
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof(forever));
    return fd;
}

static int text_get(struct pxl *p, const char *verb, const char *key, struct pxl_console_text *t)
{
    char request[256], line[256], what[280];
    size_t have = 0;
    int fd;

    fault_clear(p);
    memset(t, 0, sizeof(*t));
    snprintf(what, sizeof(what), "read what %s printed", key);
    if (strchr(key, '\n') || snprintf(request, sizeof(request), "%s %s\n", verb, key) >= (int)sizeof(request))
        return pxl_fail(p, NULL, EINVAL, NULL, "%s", what);
    fd = ask(p, request, line, sizeof(line), what);
    if (fd < 0)
        return -1;
    if (sscanf(line, "%zu %u %36s %95s", &t->size, &t->domid, t->uuid, t->name) == 4 && t->size <= PXL_CONSOLE_BYTES)
        t->text = malloc(t->size + 1);
    while (t->text && have < t->size) {
        ssize_t n = read(fd, t->text + have, t->size - have);

        if (n <= 0)
            break;
        have += (size_t)n;
    }
    close(fd);
    if (!t->text || have < t->size) {
        free(t->text);
        t->text = NULL;
        return pxl_fail(p, "pxconsoled", EPROTO, NULL, "%s", what);
    }
    t->text[have] = 0;
    return 0;
}

int pxl_console_history(struct pxl *p, const char *key, struct pxl_console_text *t)
{
    return text_get(p, "history", key, t);
}

int pxl_console_dead(struct pxl *p, const char *key, struct pxl_console_text *t)
{
    return text_get(p, "dead", key, t);
}
