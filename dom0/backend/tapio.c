/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tapio.h"
#include "loop.h"
#include "uring.h"
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- batches ---- */

static struct asked {
    struct completion end;   /* first */
    struct tap_piece *piece; /* NULL: it has ended */
} asked[TAP_WRITES + TAP_READS];
static unsigned under_way;

static void piece_ended(struct completion *c, int result)
{
    struct asked *a = (struct asked *)c;

    a->piece->result = result;
    a->piece = NULL;
    under_way--;
}

static void ask(int fd, struct asked *a, struct tap_piece *p, bool write)
{
    struct io_uring_sqe *e = uring_entry();

    *a = (struct asked){{piece_ended}, e ? p : NULL};
    p->result = -EAGAIN;
    if (!e)
        return;
    if (write)
        io_uring_prep_write(e, fd, p->at, p->bytes, 0);
    else
        io_uring_prep_read(e, fd, p->at, p->bytes, 0);
    uring_asked(e, &a->end);
    under_way++;
}

void tap_batch(int fd, struct tap_piece *writes, unsigned nr_writes, struct tap_piece *reads, unsigned nr_reads)
{
    if (nr_writes == 1 && !nr_reads) {
        writes->result = write(fd, writes->at, writes->bytes) < 0 ? -errno : (int)writes->bytes;
        return;
    }
    for (unsigned i = 0; i < nr_writes; i++)
        ask(fd, &asked[i], &writes[i], true);
    for (unsigned i = 0; i < nr_reads; i++)
        ask(fd, &asked[nr_writes + i], &reads[i], false);
    /* A read without a frame would wait for one. What the first call has not ended was about to end by itself, or waits again. */
    for (bool wait = false; under_way; wait = true) {
        for (unsigned i = wait ? 0 : nr_writes; i < nr_writes + nr_reads; i++)
            if (asked[i].piece)
                uring_cancel(&asked[i].end);
        uring_now(wait);
    }
}

/* ---- waiting for frames ---- */

struct tap_watch {
    struct completion end; /* first */
    struct source *source; /* NULL: closed; it goes when it has ended */
    int fd;
    bool armed, wanted;
};

static void watch_ended(struct completion *c, int result)
{
    struct tap_watch *w = (struct tap_watch *)c;

    w->armed = false;
    if (!w->source)
        free(w);
    else if (result != -ECANCELED)
        w->source->event(w->source, EPOLLIN);
    else if (w->wanted)
        tap_watch_arm(w);
}

struct tap_watch *tap_watch_open(int fd, struct source *s)
{
    struct tap_watch *w = calloc(1, sizeof(*w));

    if (w)
        *w = (struct tap_watch){.end.done = watch_ended, .source = s, .fd = fd};
    return w;
}

void tap_watch_arm(struct tap_watch *w)
{
    struct io_uring_sqe *e = w->armed ? NULL : uring_entry();

    w->wanted = true;
    if (!e)
        return;
    io_uring_prep_poll_add(e, w->fd, POLLIN);
    uring_asked(e, &w->end);
    w->armed = true;
}

void tap_watch_disarm(struct tap_watch *w)
{
    w->wanted = false;
    if (w->armed)
        uring_cancel(&w->end);
}

void tap_watch_close(struct tap_watch *w)
{
    if (!w)
        return;
    w->source = NULL;
    if (!w->armed) {
        free(w);
        return;
    }
    uring_cancel(&w->end);
    uring_submit(); /* it has the tap open */
}
