/* SPDX-License-Identifier: MIT */
/* pxl console: this terminal becomes the domain's, through pxconsoled's socket, which gives what was printed before, or else through
 * the pseudo-terminal that another console daemon names in the store. And what a dead domain printed last. */
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

void terminal_keys(bool raw_output)
{
    struct termios raw;

    if (tcgetattr(0, &before))
        return;
    raw = before;
    if (raw_output)
        cfmakeraw(&raw);
    else
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
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

static int tty_open(struct call *c, uint32_t domid, const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        pxl_fail(c->p, "open", errno, NULL, "attach to the console of domain %u at %s", domid, path);
        failed(c);
    }
    return fd;
}

static int channel_open(struct call *c, uint32_t domid, unsigned number)
{
    char path[256] = "";

    return pxl_channel_tty(c->p, domid, number, path, sizeof(path)) ? failed(c), -1 : tty_open(c, domid, path);
}

int console_open(struct call *c, uint32_t domid)
{
    char path[256] = "";
    int fd;

    if (pxl_console_daemon() && !pxl_console_ready(c->p, domid, 0, 0)) {
        fd = pxl_console_attach(c->p, domid);
        if (fd < 0)
            failed(c);
        return fd;
    }
    if (pxl_console_tty(c->p, domid, 5000, path, sizeof(path))) {
        failed(c);
        return -1;
    }
    return tty_open(c, domid, path);
}

int console_talk(int fd)
{
    terminal_keys(true);
    return talk(fd);
}

static int show_dead(struct call *c)
{
    struct pxl_console_text t;

    if (pxl_console_dead(c->p, c->argv[0], &t))
        return failed(c);
    if (c->json) {
        js_open(c);
        js_number(c, "domid", t.domid);
        js_text(c, "name", t.name);
        js_text(c, "uuid", t.uuid);
        js_text(c, "text", t.text);
        js_close(c);
    } else {
        fwrite(t.text, 1, t.size, stdout);
    }
    free(t.text);
    return 0;
}

int cmd_console(struct call *c)
{
    uint32_t domid;
    char *end;
    int fd;
    const char *which = option(c, "num");
    unsigned long number = which ? strtoul(which, &end, 10) : 0;

    if ((which && (*end || !*which || number > 1024)) || (option(c, "type") && strcmp(option(c, "type"), "pv")))
        return usage_error(c, "PV guests have console 0, and channels from number 1 on, all of type pv");
    if (option(c, "dead"))
        return show_dead(c);
    if (c->json)
        return usage_error(c, "a console has no JSON, but that of a dead domain (--dead)");
    if (domain_arg(c, 0, &domid))
        return 1;
    fd = number ? channel_open(c, domid, (unsigned)number) : console_open(c, domid);
    return fd < 0 ? 1 : console_talk(fd);
}
