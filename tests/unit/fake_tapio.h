/* SPDX-License-Identifier: MIT */
/* tapio.h without io_uring, for tests that say themselves when there is something to read. */
#ifndef FAKE_TAPIO_H
#define FAKE_TAPIO_H

#include "dom0/backend/tapio.h"
#include "dom0/lib/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tap_watch {
    struct source *source;
    int fd;
    unsigned waiting, nr_came;
    struct tap_piece came[TAP_READS];
};

static uint32_t tap_bytes;
static unsigned tap_kept;
static struct tap_watch *tap_answered; /* looked at after each batch */
static void (*tap_answers)(void);      /* the other side's, to what was written */

int tap_start(uint32_t header, uint32_t bytes)
{
    (void)header;
    tap_bytes = bytes;
    return 0;
}

/* What would end its reads by itself. */
static void tap_watch_look(struct tap_watch *w)
{
    while (w->waiting) {
        struct tap_piece *p = &w->came[w->nr_came];

        *p = (struct tap_piece){.at = malloc(tap_bytes), .bytes = tap_bytes};
        p->result = (int)read(w->fd, p->at, p->bytes);
        if (p->result <= 0) {
            free(p->at);
            return;
        }
        w->waiting--;
        w->nr_came++;
        w->source->event(w->source, EPOLLIN);
    }
}

void tap_batch(int fd, struct tap_piece *writes, unsigned nr)
{
    for (unsigned i = 0; i < nr; i++)
        writes[i].result = write(fd, writes[i].at, writes[i].bytes) < 0 ? -errno : (int)writes[i].bytes;
    if (!tap_answers)
        return;
    tap_answers();
    tap_watch_look(tap_answered);
}

struct tap_watch *tap_watch_open(int fd, struct source *s)
{
    struct tap_watch *w = calloc(1, sizeof(*w));

    if (w)
        *w = (struct tap_watch){.source = s, .fd = fd};
    return w;
}

void tap_watch_arm(struct tap_watch *w, unsigned n)
{
    while (w->waiting + w->nr_came < n)
        w->waiting++;
    tap_watch_look(w);
}

const struct tap_piece *tap_watch_came(const struct tap_watch *w, unsigned i)
{
    return i < w->nr_came ? &w->came[i] : NULL;
}

void tap_watch_drop(struct tap_watch *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        free(w->came[i].at);
    w->nr_came -= n;
    memmove(w->came, w->came + n, w->nr_came * sizeof(w->came[0]));
}

void tap_watch_keep(struct tap_watch *w)
{
    tap_kept += w->nr_came > 0;
}

void tap_watch_close(struct tap_watch *w)
{
    if (w)
        tap_watch_drop(w, w->nr_came);
    free(w);
}

#endif
