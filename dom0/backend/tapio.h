/* SPDX-License-Identifier: MIT */
/* Frames to and from a tap: several by one system call. */
#ifndef BACKEND_TAPIO_H
#define BACKEND_TAPIO_H

#include <stdbool.h>
#include <stdint.h>

enum { TAP_WRITES = 64, TAP_READS = 14 };

struct source;

struct tap_piece {
    void *at;
    uint32_t bytes;
    int result; /* as of read() and write(), or -errno */
};

/* What is to be written, at most TAP_WRITES, and then at most TAP_READS are read, which do not wait. Nothing is under way afterwards. */
void tap_batch(int fd, struct tap_piece *writes, unsigned nr_writes, struct tap_piece *reads, unsigned nr_reads);

/*
 * A read that waits: after each tap_watch_arm() the next frame is read as it comes, and the source's event() called. Batches that
 * write may end it too; one that reads is for when it does not wait, else the frames lose their order.
 */
struct tap_watch;
/* Room for `bytes` (with the header); what comes after the first `header` of them begins with a page. NULL: no memory */
struct tap_watch *tap_watch_open(int fd, struct source *s, uint32_t header, uint32_t bytes);
void tap_watch_arm(struct tap_watch *w);       /* nothing, if it waits or something that came has not been dropped */
bool tap_watch_waits(const struct tap_watch *w);
const struct tap_piece *tap_watch_came(const struct tap_watch *w); /* or NULL */
void tap_watch_drop(struct tap_watch *w);      /* what came was used: it stays until tap_watch_arm() */
void tap_watch_close(struct tap_watch *w);

#endif
