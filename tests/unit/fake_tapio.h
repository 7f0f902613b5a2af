/* SPDX-License-Identifier: MIT */
/* tapio.h without io_uring, for tests that say themselves when there is something to read. */
#ifndef FAKE_TAPIO_H
#define FAKE_TAPIO_H

#include "dom0/backend/tapio.h"
#include "dom0/lib/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct tap_watch {
    struct source *source;
    int fd;
    struct tap_piece piece;
    bool armed;
};

static void (*tap_answers)(void); /* the other side's, to what was written */

/* What would end its read by itself. */
static void tap_watch_look(struct tap_watch *w)
{
    ssize_t n = w->armed ? read(w->fd, w->piece.at, w->piece.bytes) : -1;

    if (n <= 0)
        return;
    w->armed = false;
    w->piece.result = (int)n;
    w->source->event(w->source, EPOLLIN);
}

void tap_batch(int fd, struct tap_piece *writes, unsigned nr_writes, struct tap_piece *reads, unsigned nr_reads)
{
    for (unsigned i = 0; i < nr_writes; i++)
        writes[i].result = write(fd, writes[i].at, writes[i].bytes) < 0 ? -errno : (int)writes[i].bytes;
    if (nr_writes && tap_answers)
        tap_answers();
    for (unsigned i = 0; i < nr_reads; i++) {
        ssize_t n = read(fd, reads[i].at, reads[i].bytes);

        reads[i].result = n < 0 ? -errno : (int)n;
    }
}

struct tap_watch *tap_watch_open(int fd, struct source *s, uint32_t header, uint32_t bytes)
{
    struct tap_watch *w = calloc(1, sizeof(*w) + bytes);

    (void)header;
    if (w)
        *w = (struct tap_watch){.source = s, .fd = fd, .piece = {.at = w + 1, .bytes = bytes}};
    return w;
}

void tap_watch_arm(struct tap_watch *w)
{
    w->armed = !w->piece.result;
    tap_watch_look(w);
}

const struct tap_piece *tap_watch_came(const struct tap_watch *w)
{
    return w->piece.result ? &w->piece : NULL;
}

void tap_watch_drop(struct tap_watch *w)
{
    w->piece.result = 0;
}

void tap_watch_close(struct tap_watch *w)
{
    free(w);
}

#endif
