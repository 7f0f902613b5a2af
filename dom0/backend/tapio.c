/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tapio.h"
#include "log.h"
#include "backend.h"
#include "loop.h"
#include "uring.h"
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
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
    if (nr_writes == 1 && !nr_reads && !uring_asks()) {
        writes->result = write(fd, writes->at, writes->bytes) < 0 ? -errno : (int)writes->bytes;
        uring_look(); /* the answer may be there */
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
    struct tap_piece piece; /* result: what came, 0: nothing */
    void *area;
    size_t area_bytes;
    bool armed, broken;
};

static void watch_free(struct tap_watch *w)
{
    grants_area_free(w->area, w->area_bytes);
    free(w);
}

static void watch_ended(struct completion *c, int result)
{
    struct tap_watch *w = (struct tap_watch *)c;

    w->armed = false;
    if (!w->source) {
        watch_free(w);
    } else if (result > 0) {
        w->piece.result = result;
        w->source->event(w->source, EPOLLIN);
    } else if (result == -EAGAIN || result == -EINTR) {
        tap_watch_arm(w);
    } else {
        w->broken = true; /* else it would end again and again */
        log_line(LOG_ERROR, "a tap is gone, its card receives nothing any more: %s", strerror(result ? -result : ENODEV));
    }
}

struct tap_watch *tap_watch_open(int fd, struct source *s, uint32_t header, uint32_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct tap_watch *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct tap_watch){.end.done = watch_ended, .source = s, .fd = fd, .area_bytes = page + bytes};
    w->area = grants_area(w->area_bytes);
    if (!w->area) {
        free(w);
        return NULL;
    }
    w->piece = (struct tap_piece){.at = (char *)w->area + page - header, .bytes = bytes};
    return w;
}

void tap_watch_arm(struct tap_watch *w)
{
    struct io_uring_sqe *e = w->armed || w->broken || w->piece.result ? NULL : uring_entry();

    if (!e)
        return;
    io_uring_prep_read(e, w->fd, w->piece.at, w->piece.bytes, 0);
    uring_asked(e, &w->end);
    w->armed = true;
}

bool tap_watch_waits(const struct tap_watch *w)
{
    return w->armed;
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
    if (!w)
        return;
    w->source = NULL;
    if (!w->armed) {
        watch_free(w);
        return;
    }
    uring_cancel(&w->end);
    uring_submit(); /* it has the tap open */
}
