/* SPDX-License-Identifier: MIT */
/* Frames to and from taps: several by one system call. */
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

/* All taps' room: frames of up to `bytes` with their header; what comes after the first `header` of them begins with a page. 0 or errno. */
int tap_start(uint32_t header, uint32_t bytes);

/* What is to be written, at most TAP_WRITES. Reads that wait may end meanwhile. */
void tap_batch(int fd, struct tap_piece *writes, unsigned nr);

/* Reads that wait: frames are read as they come, in their order, and the source's event() is called for each. */
struct tap_watch;
struct tap_watch *tap_watch_open(int fd, struct source *s); /* NULL: no memory */
void tap_watch_arm(struct tap_watch *w, unsigned n); /* reads wait, until they and what came are n, at most TAP_READS */
unsigned tap_watch_waits(const struct tap_watch *w); /* how many */
const struct tap_piece *tap_watch_came(const struct tap_watch *w, unsigned i); /* the i-th that was not dropped, or NULL */
void tap_watch_drop(struct tap_watch *w, unsigned n); /* the first n were used */
/* What came is to stay for longer: its room, which is for all taps, is left to others. */
void tap_watch_keep(struct tap_watch *w);
void tap_watch_close(struct tap_watch *w);

#endif
