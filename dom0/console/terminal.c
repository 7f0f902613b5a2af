/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static void event(struct source *s, uint32_t events)
{
    struct guest *g = (struct guest *)s;

    if (events & EPOLLOUT) {
        g->terminal_full = false;
        terminal_show(g);
    }
    if (events & EPOLLIN)
        terminal_type(g);
}

static int open_both(struct guest *g, char *name, size_t size)
{
    struct termios raw;

    g->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (g->master < 0 || grantpt(g->master) || unlockpt(g->master) || ptsname_r(g->master, name, size))
        return errno;
    g->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (g->slave < 0 || tcgetattr(g->slave, &raw))
        return errno;
    cfmakeraw(&raw);
    if (tcsetattr(g->slave, TCSANOW, &raw))
        return errno;
    g->terminal.event = event;
    return loop_add(g->master, &g->terminal, EPOLLIN | EPOLLOUT | EPOLLET) ? errno : 0;
}

int terminal_open(struct guest *g, char *name, size_t size)
{
    int rc = open_both(g, name, size);

    if (rc)
        terminal_close(g);
    return rc;
}

void terminal_close(struct guest *g)
{
    if (g->slave >= 0)
        close(g->slave);
    if (g->master >= 0) {
        loop_remove(g->master);
        close(g->master);
    }
    g->master = g->slave = -1;
}

void terminal_show(struct guest *g)
{
    const char *data;
    size_t n;

    while (g->master >= 0 && !g->terminal_full && (n = history_peek(g->history, &g->shown, &data))) {
        ssize_t done = write(g->master, data, n);

        if (done > 0)
            g->shown += (uint64_t)done;
        else if (done == 0 || errno != EINTR)
            g->terminal_full = true;
    }
}

/* Events of the terminal come once: it is read until it is empty, or again when the guest has room. */
void terminal_type(struct guest *g)
{
    char data[256];

    while (g->master >= 0) {
        size_t room = guest_room(g);
        ssize_t n;

        if (!room)
            return;
        n = read(g->master, data, room < sizeof(data) ? room : sizeof(data));
        if (n <= 0)
            return;
        guest_type(g, data, (size_t)n);
    }
}
