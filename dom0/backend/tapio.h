/* SPDX-License-Identifier: MIT */
/* Frames to and from a tap: several by one system call. */
#ifndef BACKEND_TAPIO_H
#define BACKEND_TAPIO_H

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

/* Calls the source's event() once after each tap_watch_arm(), when there is something to read. */
struct tap_watch;
struct tap_watch *tap_watch_open(int fd, struct source *s); /* NULL: no memory */
void tap_watch_arm(struct tap_watch *w);
void tap_watch_disarm(struct tap_watch *w);
void tap_watch_close(struct tap_watch *w);

#endif
