/* SPDX-License-Identifier: MIT */
/* Input and output of block devices, and the memory that data passes through. */
#ifndef BACKEND_BLKIO_H
#define BACKEND_BLKIO_H

#include "uring.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;

struct blkio {
    struct completion end; /* first */
    int bytes; /* blknbd.c's */
};

int blkio_start(void); /* 0 or errno */
/* They end in a later round, in the order that storage likes. False: not now, again after a round. The vector stays the caller's until the end. */
bool blkio_read(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at);
bool blkio_write(struct blkio *io, int fd, const struct iovec *v, unsigned n, uint64_t at);
bool blkio_flush(struct blkio *io, int fd);
bool blkio_discard(struct blkio *io, int fd, bool device, uint64_t at, uint64_t bytes);

/* Memory in whole pages, aligned, at most BUFFER_MAX; NULL: none. */
#define BUFFER_MAX (1u << 20)
#define BUFFERS_MOST ((size_t)128 << 20)
void *buffer_get(size_t bytes);
void *buffer_get_pinned(size_t bytes); /* what the kernel reads and writes with less work; there is little of it */
void buffer_put(void *at, size_t bytes);
bool buffers_short(void); /* more than BUFFERS_MOST are in use */

#endif
