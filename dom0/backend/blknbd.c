/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blknbd.h"
#include "log.h"
#include "loop.h"
#include <dlfcn.h>
#include <libnbd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TRIES 50
#define PAUSE_NS 200000000

/* libnbd's functions that are used here, by their own types. */
#define LIBRARY(f)                                                                                                              \
    f(nbd_create) f(nbd_close) f(nbd_aio_connect_systemd_socket_activation) f(nbd_aio_get_fd) f(nbd_aio_get_direction)          \
    f(nbd_aio_notify_read) f(nbd_aio_notify_write) f(nbd_aio_is_ready) f(nbd_aio_is_processing) f(nbd_aio_is_dead)              \
    f(nbd_aio_is_closed) f(nbd_get_size) f(nbd_get_error) f(nbd_get_errno) f(nbd_aio_pread) f(nbd_aio_pwrite) f(nbd_aio_flush)  \
    f(nbd_aio_trim)
#define POINTER(name) static __typeof__(name) *lib_##name;
LIBRARY(POINTER)

struct nbd_image {
    struct source source; /* first: the socket's events */
    struct source timer_source;
    struct device *d;
    struct nbd_handle *h;
    int fd, timer;        /* -1: none */
    unsigned tries;
    uint32_t events;      /* that are waited for */
    uint64_t bytes;
    bool ready, failed;
    bool ended;           /* it was ready: everything that is asked is an error now */
    char format[24], path[512];
    bool readonly;
};

static void event(struct source *s, uint32_t events);

static bool library_load(struct device *d)
{
    static void *library;

    if (!library) {
        library = dlopen("libnbd.so.0", RTLD_NOW);
        if (!library) {
            device_fail(d, 0, "only raw images without libnbd: %s", dlerror());
            return false;
        }
#define FIND(name) lib_##name = (__typeof__(name) *)dlsym(library, #name);
        LIBRARY(FIND)
    }
    return true;
}

/* What the socket is waited for, as libnbd wants it now; it may also be a new one. */
static void watch(struct nbd_image *n)
{
    unsigned direction = lib_nbd_aio_get_direction(n->h);
    uint32_t events = (direction & LIBNBD_AIO_DIRECTION_READ ? EPOLLIN : 0) | (direction & LIBNBD_AIO_DIRECTION_WRITE ? EPOLLOUT : 0);
    int fd = lib_nbd_aio_get_fd(n->h);

    if (fd == n->fd && events == n->events)
        return;
    if (fd == n->fd) {
        loop_change(fd, &n->source, events);
    } else {
        if (fd >= 0)
            loop_add(fd, &n->source, events);
        n->fd = fd;
    }
    n->events = events;
}

static int begin(struct nbd_image *n)
{
    char format[40];
    char *args[] = {"qemu-nbd", format, "--cache=writeback", "--discard=unmap", "--shared=1", n->readonly ? "--read-only" : n->path,
                    n->readonly ? n->path : NULL, NULL};
    sigset_t set;
    int rc;

    snprintf(format, sizeof(format), "--format=%s", n->format);
    n->h = lib_nbd_create();
    if (!n->h)
        return -1;
    /* It inherits which signals are blocked, and must end when it is told to. */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    rc = lib_nbd_aio_connect_systemd_socket_activation(n->h, args);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (!rc)
        watch(n);
    return rc;
}

static void end(struct nbd_image *n)
{
    if (n->fd >= 0)
        loop_remove(n->fd);
    n->fd = -1;
    n->events = 0;
    if (n->h)
        lib_nbd_close(n->h);
    n->h = NULL;
}

/* It did not come up: the last one may have the image yet. */
static void again(struct nbd_image *n)
{
    struct itimerspec t = {.it_value = {0, PAUSE_NS}};

    end(n);
    if (++n->tries < TRIES) {
        timerfd_settime(n->timer, 0, &t, NULL);
        return;
    }
    n->failed = true;
    device_again(n->d);
}

/* The guest's requests have errors from now on: it shall not wait for answers that nobody gives. */
static void died(struct nbd_image *n)
{
    if (n->ended)
        return;
    n->ended = true;
    if (n->fd >= 0)
        loop_remove(n->fd);
    n->fd = -1;
    log_line(LOG_ERROR, "%s: %s: qemu-nbd ended; the guest gets errors until SIGHUP, or until it connects anew", device_name(n->d), n->path);
    key_write(n->d, "hotplug-error", "%s: qemu-nbd ended", n->path);
}

static void look(struct nbd_image *n)
{
    if (n->ready) {
        if (!lib_nbd_aio_is_dead(n->h) && !lib_nbd_aio_is_closed(n->h))
            watch(n);
        else
            died(n);
        return;
    }
    if (lib_nbd_aio_is_dead(n->h) || lib_nbd_aio_is_closed(n->h)) {
        again(n);
        return;
    }
    watch(n);
    if (lib_nbd_aio_is_ready(n->h)) {
        int64_t bytes = lib_nbd_get_size(n->h);

        n->bytes = bytes > 0 ? (uint64_t)bytes : 0;
        n->ready = true;
        device_again(n->d);
    }
}

static void event(struct source *s, uint32_t events)
{
    struct nbd_image *n = (struct nbd_image *)s;
    unsigned direction = lib_nbd_aio_get_direction(n->h);

    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && direction & LIBNBD_AIO_DIRECTION_READ)
        lib_nbd_aio_notify_read(n->h);
    else if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR) && direction & LIBNBD_AIO_DIRECTION_WRITE)
        lib_nbd_aio_notify_write(n->h);
    look(n);
}

static void timer_event(struct source *s, uint32_t events)
{
    struct nbd_image *n = (struct nbd_image *)((char *)s - offsetof(struct nbd_image, timer_source));
    uint64_t times;

    (void)events;
    if (read(n->timer, &times, sizeof(times)) == sizeof(times) && begin(n))
        again(n);
}

struct nbd_image *nbd_start(struct device *d, const char *format, const char *path, bool readonly)
{
    struct nbd_image *n;

    if (path[0] != '/' || access(path, readonly ? R_OK : R_OK | W_OK)) {
        device_fail(d, path[0] == '/' ? errno : 0, "%s%s", path, path[0] == '/' ? "" : " is no whole path");
        return NULL;
    }
    if (!library_load(d))
        return NULL;
    n = calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    *n = (struct nbd_image){.source = {.event = event}, .timer_source = {.event = timer_event}, .d = d, .fd = -1, .readonly = readonly};
    snprintf(n->format, sizeof(n->format), "%s", format);
    snprintf(n->path, sizeof(n->path), "%s", path);
    n->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (n->timer < 0 || loop_add(n->timer, &n->timer_source, EPOLLIN)) {
        device_fail(d, errno, "a timer");
        nbd_stop(n);
        return NULL;
    }
    if (begin(n)) {
        device_fail(d, lib_nbd_get_errno(), "qemu-nbd (package qemu-utils): %s", lib_nbd_get_error());
        nbd_stop(n);
        return NULL;
    }
    return n;
}

int nbd_ready(struct nbd_image *n)
{
    if (n->failed) {
        device_fail(n->d, 0, "%s: qemu-nbd did not take it as %s: is qemu-utils there, is another program using the image?", n->path,
                    n->format);
        return EIO;
    }
    if (n->ended) {
        n->ready = n->ended = false;
        n->tries = 0;
        end(n);
        if (begin(n))
            again(n);
    }
    return n->ready ? 0 : EAGAIN;
}

uint64_t nbd_bytes(struct nbd_image *n)
{
    return n->bytes;
}

static int completed(void *data, int *error)
{
    struct blkio *io = data;

    io->end.done(&io->end, *error ? -*error : io->bytes);
    return 1; /* it need not be kept */
}

void nbd_ask(struct nbd_image *n, struct blkio *io, int what, void *data, size_t bytes, uint64_t at)
{
    nbd_completion_callback done = {.callback = completed, .user_data = io};
    int64_t rc;

    if (!n->h) { /* it is started again */
        io->end.done(&io->end, -EIO);
        return;
    }
    io->bytes = (int)bytes;
    switch (what) {
    case NBD_READ: rc = lib_nbd_aio_pread(n->h, data, bytes, at, done, 0); break;
    case NBD_WRITE: rc = lib_nbd_aio_pwrite(n->h, data, bytes, at, done, 0); break;
    case NBD_FLUSH: rc = lib_nbd_aio_flush(n->h, done, 0); break;
    default: rc = lib_nbd_aio_trim(n->h, bytes, at, done, 0); break;
    }
    /* At once: libnbd has closed its socket, and the next descriptor may have the number. */
    if (n->ready && (lib_nbd_aio_is_dead(n->h) || lib_nbd_aio_is_closed(n->h)))
        died(n);
    else if (rc >= 0)
        watch(n);
    if (rc < 0)
        io->end.done(&io->end, -EIO);
}

void nbd_stop(struct nbd_image *n)
{
    end(n);
    if (n->timer >= 0) {
        loop_remove(n->timer);
        close(n->timer);
    }
    n->source.event = n->timer_source.event = NULL;
    loop_bury(&n->source); /* events of this round may name it */
}
