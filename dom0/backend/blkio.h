/* SPDX-License-Identifier: MIT */
/*
 * Input and output of block devices: one io_uring for all, and the memory that data passes through.
 *
 * What one process gave to the kernel may still be on its way when that process is dead. The ring keeps the file
 * BACKEND_DIRECTORY/io open, locked, until all of it has ended: the next process waits for that lock before it does anything anew.
 * LIMIT: so one storage that hangs holds up the next pxbackd for all guests.
 */
#ifndef BACKEND_BLKIO_H
#define BACKEND_BLKIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;

struct blkio {
    void (*done)(struct blkio *io, int result); /* as of the system call: bytes, or -errno */
    int bytes; /* blknbd.c's */
};

int blkio_open(void); /* 0 or errno */
/* False: not now, again after a round. The vector stays the caller's until the end. */
bool blkio_read(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at);
bool blkio_write(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at);
bool blkio_flush(struct blkio *io, int fd);
bool blkio_discard(struct blkio *io, int fd, bool device, uint64_t at, uint64_t bytes);
void blkio_reap(void);   /* calls done() of what has ended */
void blkio_submit(void); /* one system call for all that was asked for */

/* Memory in whole pages, aligned, at most BUFFER_MAX; NULL: none. */
#define BUFFER_MAX (1u << 20)
#define BUFFERS_MOST ((size_t)128 << 20)
void *buffer_get(size_t bytes);
void buffer_put(void *at, size_t bytes);
bool buffers_short(void); /* more than BUFFERS_MOST are in use */

#endif
