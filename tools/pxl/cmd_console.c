/* SPDX-License-Identifier: MIT */
/* pxl console: this terminal becomes the domain's, through the pseudo-terminal its console daemon names in the store. */
#include "command.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE 0x1d /* Ctrl-] */

static struct termios before;

static void terminal_restore(void)
{
    tcsetattr(0, TCSANOW, &before);
}

static void terminal_raw(void)
{
    struct termios raw;

    if (tcgetattr(0, &before))
        return;
    raw = before;
    cfmakeraw(&raw);
    tcsetattr(0, TCSANOW, &raw);
    atexit(terminal_restore);
}

static bool write_all(int fd, const char *data, ssize_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, (size_t)n);

        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            data += done;
            n -= done;
        }
    }
    return true;
}

static int talk(int tty)
{
    struct pollfd f[2] = {{.fd = tty, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    char data[4096];

    for (;;) {
        ssize_t n;

        if (poll(f, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (f[0].revents) {
            n = read(tty, data, sizeof(data));
            if (n <= 0)
                return 0; /* the domain is gone */
            if (!write_all(1, data, n))
                return 1;
        }
        if (f[1].revents) {
            n = read(0, data, sizeof(data));
            if (n <= 0)
                f[1].fd = -1;
            else if (memchr(data, LEAVE, (size_t)n))
                return 0;
            else if (!write_all(tty, data, n))
                return 1;
        }
    }
}

int cmd_console(struct call *c)
{
    char path[256] = "";
    uint32_t domid;
    int tty;

    if (c->json)
        return usage_error(c, "a console has no JSON");
    if ((option(c, "num") && strcmp(option(c, "num"), "0")) || (option(c, "type") && strcmp(option(c, "type"), "pv")))
        return usage_error(c, "PV guests have console 0 of type pv");
    if (domain_arg(c, 0, &domid))
        return 1;
    if (pxl_console_tty(c->p, domid, 5000, path, sizeof(path)))
        return failed(c);
    tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0) {
        pxl_fail(c->p, "open", errno, NULL, "attach to the console of domain %u at %s", domid, path);
        return failed(c);
    }
    terminal_raw();
    return talk(tty);
}
