/* SPDX-License-Identifier: MIT */
/* tapio.h without io_uring, for tests that say themselves when there is something to read. */
#ifndef FAKE_TAPIO_H
#define FAKE_TAPIO_H

#include "dom0/backend/tapio.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct tap_watch {
    struct source *source;
};

void tap_batch(int fd, struct tap_piece *writes, unsigned nr_writes, struct tap_piece *reads, unsigned nr_reads)
{
    for (unsigned i = 0; i < nr_writes; i++)
        writes[i].result = write(fd, writes[i].at, writes[i].bytes) < 0 ? -errno : (int)writes[i].bytes;
    for (unsigned i = 0; i < nr_reads; i++) {
        ssize_t n = read(fd, reads[i].at, reads[i].bytes);

        reads[i].result = n < 0 ? -errno : (int)n;
    }
}

struct tap_watch *tap_watch_open(int fd, struct source *s)
{
    struct tap_watch *w = calloc(1, sizeof(*w));

    (void)fd;
    if (w)
        w->source = s;
    return w;
}

void tap_watch_arm(struct tap_watch *w)
{
    (void)w;
}

void tap_watch_disarm(struct tap_watch *w)
{
    (void)w;
}

void tap_watch_close(struct tap_watch *w)
{
    free(w);
}

#endif
