/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blkio.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>

/* Not in every C library's headers: a hint that the blocks' contents do not matter, which is what a discard is. */
#ifndef FALLOC_FL_NO_HIDE_STALE
#define FALLOC_FL_NO_HIDE_STALE 4
#endif

#define PINNED_BYTES ((size_t)8 << 20)

static uint8_t *pinned; /* NULL: none */
static size_t pinned_used;

static bool is_pinned(const void *at)
{
    return pinned && (uintptr_t)at - (uintptr_t)pinned < PINNED_BYTES;
}

static bool asked(struct io_uring_sqe *e, struct blkio *io)
{
    uring_asked(e, &io->end);
    return true;
}

bool blkio_read(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    struct io_uring_sqe *e = uring_entry();

    if (!e)
        return false;
    if (n == 1 && is_pinned(v->iov_base))
        io_uring_prep_read_fixed(e, fd, v->iov_base, (unsigned)v->iov_len, at, 0);
    else if (n == 1)
        io_uring_prep_read(e, fd, v->iov_base, (unsigned)v->iov_len, at);
    else
        io_uring_prep_readv(e, fd, v, n, at);
    return asked(e, io);
}

bool blkio_write(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at)
{
    struct io_uring_sqe *e = uring_entry();

    if (!e)
        return false;
    if (n == 1 && is_pinned(v->iov_base))
        io_uring_prep_write_fixed(e, fd, v->iov_base, (unsigned)v->iov_len, at, 0);
    else if (n == 1)
        io_uring_prep_write(e, fd, v->iov_base, (unsigned)v->iov_len, at);
    else
        io_uring_prep_writev(e, fd, v, n, at);
    return asked(e, io);
}

bool blkio_flush(struct blkio *io, int fd)
{
    struct io_uring_sqe *e = uring_entry();

    if (!e)
        return false;
    io_uring_prep_fsync(e, fd, IORING_FSYNC_DATASYNC);
    return asked(e, io);
}

bool blkio_discard(struct blkio *io, int fd, bool device, uint64_t at, uint64_t bytes)
{
    struct io_uring_sqe *e = uring_entry();
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE | (device ? FALLOC_FL_NO_HIDE_STALE : 0);

    if (!e)
        return false;
    io_uring_prep_fallocate(e, fd, mode, (off_t)at, (off_t)bytes);
    return asked(e, io);
}

/* ---- memory ---- */

#define CLASSES 9 /* 4 KiB to BUFFER_MAX, by powers of two */
#define KEPT_MOST ((size_t)16 << 20)

struct free_buffer {
    struct free_buffer *next;
};

static struct free_buffer *unused[CLASSES], *unused_pinned[CLASSES];
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

int blkio_start(void)
{
    void *at = mmap(NULL, PINNED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (at == MAP_FAILED)
        return errno;
    if (uring_pin(at, PINNED_BYTES))
        munmap(at, PINNED_BYTES); /* it is only faster */
    else
        pinned = at;
    return 0;
}

/* Each stays of the size that it was first asked for. */
void *buffer_get_pinned(size_t bytes)
{
    unsigned c = class_of(bytes);
    size_t whole = (size_t)4096 << c;
    struct free_buffer *b = c < CLASSES ? unused_pinned[c] : NULL;

    if (!pinned || c >= CLASSES)
        return NULL;
    if (b)
        unused_pinned[c] = b->next;
    else if (whole <= PINNED_BYTES - pinned_used)
        b = (struct free_buffer *)(pinned + pinned_used), pinned_used += whole;
    else
        return NULL;
    used_bytes += whole;
    return b;
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
    if (is_pinned(at)) {
        b->next = unused_pinned[c];
        unused_pinned[c] = b;
        return;
    }
    if (kept_bytes + ((size_t)4096 << c) > KEPT_MOST) {
        munmap(at, (size_t)4096 << c);
        return;
    }
    b->next = unused[c];
    unused[c] = b;
    kept_bytes += (size_t)4096 << c;
}
