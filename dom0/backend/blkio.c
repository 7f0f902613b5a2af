/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkio.h"
#include "backend.h"
#include "log.h"
#include "loop.h"
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 1024u
#define LOCK_PAUSE_NS 20000000
#define LOCK_SAY 250 /* pauses */
/* Not in every C library's headers: a hint that the blocks' contents do not matter, which is what a discard is. */
#ifndef FALLOC_FL_NO_HIDE_STALE
#define FALLOC_FL_NO_HIDE_STALE 4
#endif

static struct io_uring ring;
static struct source source;

/* Until all that a dead process asked for has ended. */
static int lock_wait(void)
{
    int fd = open(BACKEND_DIRECTORY "/io", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    for (unsigned i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); i++) {
        if (errno != EWOULDBLOCK) {
            close(fd);
            return -1;
        }
        if (i % LOCK_SAY == LOCK_SAY - 1)
            log_line(LOG_NOTE, "waiting for what the last pxbackd read and wrote: its storage does not answer");
        nanosleep(&(struct timespec){0, LOCK_PAUSE_NS}, NULL);
    }
    return fd;
}

static void ring_event(struct source *s, uint32_t events)
{
    (void)s;
    (void)events; /* the round reaps */
}

int blkio_open(void)
{
    int lock = lock_wait(), err;

    if (lock < 0)
        return errno;
    err = -io_uring_queue_init(ENTRIES, &ring, 0);
    if (!err)
        err = -io_uring_register_files(&ring, &lock, 1);
    close(lock); /* the ring has it now */
    if (err)
        return err;
    source.event = ring_event;
    return loop_add(ring.ring_fd, &source, EPOLLIN) ? errno : 0;
}

static struct io_uring_sqe *entry(void)
{
    struct io_uring_sqe *e = io_uring_get_sqe(&ring);

    if (!e) {
        io_uring_submit(&ring);
        e = io_uring_get_sqe(&ring);
    }
    return e;
}

static bool asked(struct io_uring_sqe *e, struct blkio *io)
{
    io_uring_sqe_set_data(e, io);
    return true;
}

bool blkio_read(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    struct io_uring_sqe *e = entry();

    if (!e)
        return false;
    if (n == 1)
        io_uring_prep_read(e, fd, v->iov_base, (unsigned)v->iov_len, at);
    else
        io_uring_prep_readv(e, fd, v, n, at);
    return asked(e, io);
}

bool blkio_write(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    struct io_uring_sqe *e = entry();

    if (!e)
        return false;
    if (n == 1)
        io_uring_prep_write(e, fd, v->iov_base, (unsigned)v->iov_len, at);
    else
        io_uring_prep_writev(e, fd, v, n, at);
    return asked(e, io);
}

bool blkio_flush(struct blkio *io, int fd)
{
    struct io_uring_sqe *e = entry();

    if (!e)
        return false;
    io_uring_prep_fsync(e, fd, IORING_FSYNC_DATASYNC);
    return asked(e, io);
}

bool blkio_discard(struct blkio *io, int fd, bool device, uint64_t at, uint64_t bytes)
{
    struct io_uring_sqe *e = entry();
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE | (device ? FALLOC_FL_NO_HIDE_STALE : 0);

    if (!e)
        return false;
    io_uring_prep_fallocate(e, fd, mode, (off_t)at, (off_t)bytes);
    return asked(e, io);
}

void blkio_reap(void)
{
    struct io_uring_cqe *list[64];
    unsigned n;

    while ((n = io_uring_peek_batch_cqe(&ring, list, 64))) {
        for (unsigned i = 0; i < n; i++) {
            struct blkio *io = io_uring_cqe_get_data(list[i]);

            io->done(io, list[i]->res);
        }
        io_uring_cq_advance(&ring, n);
    }
}

void blkio_submit(void)
{
    int rc;

    if (!io_uring_sq_ready(&ring))
        return;
    rc = io_uring_submit(&ring);
    if (rc < 0 && rc != -EAGAIN && rc != -EBUSY && rc != -EINTR)
        log_line(LOG_ERROR, "io_uring: %s", strerror(-rc));
}

/* ---- memory ---- */

#define CLASSES 9 /* 4 KiB to BUFFER_MAX, by powers of two */
#define KEPT_MOST ((size_t)16 << 20)

struct free_buffer {
    struct free_buffer *next;
};

static struct free_buffer *unused[CLASSES];
static size_t used_bytes, kept_bytes;

static unsigned class_of(size_t bytes)
{
    unsigned c = 0;

    while (((size_t)4096 << c) < bytes)
        c++;
    return c;
}

bool buffers_short(void)
{
    return used_bytes > BUFFERS_MOST;
}

void *buffer_get(size_t bytes)
{
    unsigned c = class_of(bytes);
    struct free_buffer *b = c < CLASSES ? unused[c] : NULL;
    void *at;

    if (c >= CLASSES)
        return NULL;
    if (b) {
        unused[c] = b->next;
        kept_bytes -= (size_t)4096 << c;
        at = b;
    } else {
        at = mmap(NULL, (size_t)4096 << c, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (at == MAP_FAILED)
            return NULL;
    }
    used_bytes += (size_t)4096 << c;
    return at;
}

void buffer_put(void *at, size_t bytes)
{
    unsigned c = class_of(bytes);
    struct free_buffer *b = at;

    used_bytes -= (size_t)4096 << c;
    if (kept_bytes + ((size_t)4096 << c) > KEPT_MOST) {
        munmap(at, (size_t)4096 << c);
        return;
    }
    b->next = unused[c];
    unused[c] = b;
    kept_bytes += (size_t)4096 << c;
}
