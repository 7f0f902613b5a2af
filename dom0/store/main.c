/* SPDX-License-Identifier: MIT */
/* pxstored: the store daemon. See pxstored(8). */
#define _GNU_SOURCE
#include "daemon.h"
#include "hv.h"
#include "log.h"
#include "ring.h"
#include "service.h"
#include "sock.h"
#include "state.h"
#include "domains.h"
#include "watch.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *directory = "/run/xenstored", *state_file = "/run/pxstored.state";
static bool sockets_only, reload;
static int epoll, listeners[2] = {-1, -1}, signals = -1, restore_fd = -1;
static char **arguments, self[4096];

void daemon_reload(void)
{
    reload = true;
}

/* ---- starting ---- */

static void usage(FILE *f)
{
    fputs("usage: pxstored [-F] [-D DIR] [-P FILE] [-S FILE] [-v] [--sockets-only]\n"
          "The store of Philoxen's and Xen's domains, in place of xenstored.\n"
          "  -F, --foreground   stay in the foreground, log to standard error\n"
          "  -D, --dir DIR      where the sockets are (default /run/xenstored)\n"
          "  -P, --pid-file F   write the process number there once clients can connect\n"
          "  -S, --state FILE   keep the state there over a restart (default /run/pxstored.state)\n"
          "  -v, --verbose      log what clients do\n"
          "      --sockets-only no hypervisor: for tests\n"
          "Signals: TERM saves the state and ends; HUP renews the program, all connections stay.\n", f);
}

static void options(int argc, char **argv)
{
    static const struct option list[] = {
        SERVICE_OPTIONS,           {"dir", 1, 0, 'D'},        {"state", 1, 0, 'S'}, {"sockets-only", 0, 0, 's'},
        {"restore-fd", 1, 0, 'r'}, {"listeners", 1, 0, 'l'}, {0, 0, 0, 0}};
    int o;

    while ((o = getopt_long(argc, argv, SERVICE_LETTERS "D:S:h", list, NULL)) != -1) {
        if (service_option(o, optarg))
            continue;
        switch (o) {
        case 'D': directory = optarg; break;
        case 'S': state_file = optarg; break;
        case 's': sockets_only = true; break;
        case 'r': restore_fd = atoi(optarg); break;
        case 'l': sscanf(optarg, "%d,%d", &listeners[0], &listeners[1]); break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
}

static void listen_at(unsigned i, const char *name)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &listeners[i]};
    char path[108];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (listeners[i] < 0)
        listeners[i] = service_listen(path);
    if (listeners[i] < 0)
        service_die(path);
    fcntl(listeners[i], F_SETFD, FD_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listeners[i], &e);
}

static void signals_open(void)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &signals};

    signals = service_signals();
    if (signals < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, signals, &e))
        service_die("signalfd");
}

static void hypervisor_open(void)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};

    if (sockets_only)
        return;
    if (hv_open())
        log_line(LOG_NOTE, "no hypervisor (%s): sockets only", strerror(errno));
    if (!ring_open() && ring_events_fd() >= 0)
        epoll_ctl(epoll, EPOLL_CTL_ADD, ring_events_fd(), &e);
}

/* The folders that xenstored makes, with its permissions. */
static void tree_start(void)
{
    static const char *const folders[] = {"/tool", "/tool/xenstored"};
    struct perms *p = perms_new(&(struct perm){0, 0}, 1, domains_stamp());

    for (unsigned i = 0; p && i < sizeof(folders) / sizeof(folders[0]); i++)
        view_write(NULL, folders[i], NULL, 0, p, false);
    perms_put(p);
}

static void state_restore(void)
{
    int fd = restore_fd >= 0 ? restore_fd : open(state_file, O_RDONLY | O_CLOEXEC);
    bool had = fd >= 0;

    if (had) {
        log_line(LOG_NOTE, "going on with the saved state");
        state_read(fd, epoll);
        close(fd);
        if (restore_fd < 0)
            unlink(state_file);
    } else {
        tree_start();
    }
    if (!sockets_only && !ring_of(0) && ring_events_fd() >= 0 && ring_start_local())
        log_line(LOG_NOTE, "the kernel of Dom0 has no ring: sockets only");
    if (had && !sockets_only)
        ring_check_domains();
}

static void into_background(void)
{
    log_open("pxstored", service_foreground);
    if (restore_fd < 0 && service_background())
        service_die("daemon");
}

/* Before anything is listened at: two stores would share the sockets' names, and one of them nobody would hear. */
static void lock(void)
{
    char path[108];

    snprintf(path, sizeof(path), "%s/pxstored.lock", directory);
    if (service_lock(path))
        service_die(errno == EWOULDBLOCK ? "another pxstored is running" : path);
}

/* ---- ending ---- */

/* LIMIT: after any other death the tree is lost, and the connections of Dom0's programs are after this one. */
static void save_and_exit(void)
{
    char temporary[4096];
    int fd;

    snprintf(temporary, sizeof(temporary), "%s.new", state_file);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !state_write(fd, false) || fsync(fd) || rename(temporary, state_file))
        log_line(LOG_ERROR, "the state is lost: %s: %s", temporary, strerror(errno));
    exit(0);
}

/* Exec with everything open that is to stay; if it fails, nothing has happened. */
static void renew(void)
{
    char fd_text[32], listeners_text[48];
    char *argv[32];
    unsigned n = 0;
    int fd = memfd_create("pxstored-state", 0);

    reload = false;
    if (fd < 0 || !state_write(fd, true)) {
        log_line(LOG_ERROR, "not renewed: %s", strerror(errno));
        return;
    }
    for (struct conn *c = conns; c; c = c->next)
        if (conn_is_sock(c))
            fcntl(((struct sock *)c)->fd, F_SETFD, 0);
    fcntl(listeners[0], F_SETFD, 0);
    fcntl(listeners[1], F_SETFD, 0);
    snprintf(fd_text, sizeof(fd_text), "--restore-fd=%d", fd);
    snprintf(listeners_text, sizeof(listeners_text), "--listeners=%d,%d", listeners[0], listeners[1]);
    for (unsigned i = 0; arguments[i] && n < 28; i++)
        if (strncmp(arguments[i], "--restore-fd=", 13) && strncmp(arguments[i], "--listeners=", 12))
            argv[n++] = arguments[i];
    argv[n++] = fd_text;
    argv[n++] = listeners_text;
    argv[n] = NULL;
    execv(self, argv);
    execv("/proc/self/exe", argv);
    log_line(LOG_ERROR, "not renewed: %s", strerror(errno));
    close(fd);
}

static void signal_take(void)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            reload = true;
        else
            save_and_exit();
    }
}

/* ---- the loop ---- */

static void event(void *what)
{
    if (what == &signals)
        signal_take();
    else if (what == &listeners[0] || what == &listeners[1])
        sock_accept(*(int *)what, epoll, what == &listeners[1]);
    else if (!what)
        ring_events();
    else
        conn_ready(what);
}

/* A bounded number, then new events are looked for. Serving one client may end another, which then is not ready any more. */
static void serve_ready(void)
{
    struct conn *c;

    for (unsigned i = 0; i < 256 && (c = conn_take_ready()); i++) {
        conn_serve(c);
        if (c->dead)
            conn_end(c);
        else
            c->ops->served(c);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[64];

    arguments = argv;
    /* By name, so that a renewed program is the one that was installed since. */
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        self[0] = 0;
    options(argc, argv);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (mkdir(directory, 0755) && errno != EEXIST)
        service_die(directory);
    /* A socket a client, an event channel a domain: none of them may fail for want of a number. */
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){65536, 65536});
    into_background();
    lock();
    signals_open();
    tree_init();
    domains_mention(0);
    hypervisor_open();
    listen_at(0, "socket");
    listen_at(1, "socket_ro");
    state_restore();
    service_pid_file();
    service_ready();
    for (;;) {
        int n;

        serve_ready();
        n = epoll_wait(epoll, events, 64, reload || conn_any_ready() ? 0 : -1);
        for (int i = 0; i < n; i++)
            event(events[i].data.ptr);
        if (reload)
            renew();
    }
}
