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

/* ---- writing ---- */

static struct asked {
    struct completion end;   /* first */
    struct tap_piece *piece; /* NULL: it has ended */
} asked[TAP_WRITES];
static unsigned under_way;

static void piece_ended(struct completion *c, int result)
{
    struct asked *a = (struct asked *)c;

    a->piece->result = result;
    a->piece = NULL;
    under_way--;
}

static void ask(int fd, struct asked *a, struct tap_piece *p)
{
    struct io_uring_sqe *e = uring_entry();

    *a = (struct asked){{.done = piece_ended}, e ? p : NULL};
    p->result = -EAGAIN;
    if (!e)
        return;
    io_uring_prep_write(e, fd, p->at, p->bytes, 0);
    uring_asked(e, &a->end);
    under_way++;
}

void tap_batch(int fd, struct tap_piece *writes, unsigned nr)
{
    if (nr == 1 && !uring_asks()) {
        writes->result = write(fd, writes->at, writes->bytes) < 0 ? -errno : (int)writes->bytes;
        uring_look(); /* the answer may be there */
        return;
    }
    for (unsigned i = 0; i < nr; i++)
        ask(fd, &asked[i], &writes[i]);
    uring_now(false);
    while (under_way) { /* the tap is full: it would wait */
        for (unsigned i = 0; i < nr; i++)
            if (asked[i].piece)
                uring_cancel(&asked[i].end);
        uring_now(true);
    }
}

/* ---- room for what is read ---- */

enum { PAGE = 4096, ROOMS = 40, ROOM_ENTRIES = 64 };

/* The kernel takes one when a frame is there: who waits for frames that do not come has none. */
static struct io_uring_buf_ring *rooms;
static uint8_t *rooms_at;
static uint32_t room_size, room_header, room_bytes;

static uint8_t *room(unsigned n)
{
    return rooms_at + n * (size_t)room_size + PAGE - room_header;
}

static void room_give(unsigned n)
{
    io_uring_buf_ring_add(rooms, room(n), room_bytes, (unsigned short)n, io_uring_buf_ring_mask(ROOM_ENTRIES), 0);
    io_uring_buf_ring_advance(rooms, 1);
}

int tap_start(uint32_t header, uint32_t bytes)
{
    int err;

    room_header = header;
    room_bytes = bytes;
    room_size = PAGE + ((bytes - header + PAGE - 1) & ~(uint32_t)(PAGE - 1));
    rooms_at = grants_area(ROOMS * (size_t)room_size);
    if (!rooms_at)
        return ENOMEM;
    err = uring_buffers(ROOM_ENTRIES, &rooms);
    for (unsigned n = 0; !err && n < ROOMS; n++)
        room_give(n);
    return err;
}

/* ---- waiting for frames ---- */

struct tap_watch {
    struct source *source; /* NULL: closed; it goes when no read waits any more */
    int fd;
    bool broken;
    struct waiting {
        struct completion end; /* first */
        struct tap_watch *watch;
        bool on;
    } reads[TAP_READS];
    unsigned waiting, nr_came;
    struct frame {
        struct tap_piece piece;
        int room; /* -1: memory of its own */
    } came[TAP_READS];
};

static void broken(struct tap_watch *w, int result)
{
    if (!w->broken)
        log_line(LOG_ERROR, "a tap is gone, its card receives nothing any more: %s", strerror(result ? -result : ENODEV));
    w->broken = true; /* else it would end again and again */
}

static void read_ended(struct completion *c, int result)
{
    struct waiting *r = (struct waiting *)c;
    struct tap_watch *w = r->watch;
    int n = c->flags & IORING_CQE_F_BUFFER ? (int)(c->flags >> IORING_CQE_BUFFER_SHIFT) : -1;

    r->on = false;
    w->waiting--;
    if (n >= 0 && (result <= 0 || !w->source)) {
        room_give((unsigned)n);
    } else if (n >= 0) {
        w->came[w->nr_came++] = (struct frame){{room((unsigned)n), room_bytes, result}, n};
        w->source->event(w->source, EPOLLIN);
    }
    if (!w->source) {
        if (!w->waiting)
            free(w);
    } else if (result == -EAGAIN || result == -EINTR || result == -ENOBUFS) {
        w->source->event(w->source, EPOLLIN); /* waits again after its turn, when others have given room back */
    } else if (result <= 0) {
        broken(w, result);
    }
}

struct tap_watch *tap_watch_open(int fd, struct source *s)
{
    struct tap_watch *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->source = s;
    w->fd = fd;
    for (unsigned i = 0; i < TAP_READS; i++)
        w->reads[i] = (struct waiting){.end.done = read_ended, .watch = w};
    return w;
}

void tap_watch_arm(struct tap_watch *w, unsigned n)
{
    struct waiting *r = w->reads;
    struct io_uring_sqe *e;

    while (!w->broken && w->waiting + w->nr_came < n && (e = uring_entry())) {
        while (r->on)
            r++;
        io_uring_prep_read(e, w->fd, NULL, room_bytes, 0);
        e->flags |= IOSQE_BUFFER_SELECT;
        uring_asked(e, &r->end);
        r->on = true;
        w->waiting++;
    }
}

unsigned tap_watch_waits(const struct tap_watch *w)
{
    return w->waiting;
}

const struct tap_piece *tap_watch_came(const struct tap_watch *w, unsigned i)
{
    return i < w->nr_came ? &w->came[i].piece : NULL;
}

static void frame_drop(struct frame *f)
{
    if (f->room < 0)
        free(f->piece.at);
    else
        room_give((unsigned)f->room);
}

void tap_watch_drop(struct tap_watch *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        frame_drop(&w->came[i]);
    w->nr_came -= n;
    memmove(w->came, w->came + n, w->nr_came * sizeof(w->came[0]));
}

void tap_watch_keep(struct tap_watch *w)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < w->nr_came; i++) {
        struct frame f = w->came[i];
        void *own = f.room < 0 ? f.piece.at : malloc((size_t)f.piece.result);

        if (own && f.room >= 0)
            memcpy(own, f.piece.at, (size_t)f.piece.result);
        if (f.room >= 0)
            frame_drop(&f);
        if (own) /* else it is lost, as on a line */
            w->came[kept++] = (struct frame){{own, f.piece.bytes, f.piece.result}, -1};
    }
    w->nr_came = kept;
}

void tap_watch_close(struct tap_watch *w)
{
    if (!w)
        return;
    w->source = NULL;
    tap_watch_drop(w, w->nr_came);
    if (!w->waiting) {
        free(w);
        return;
    }
    for (unsigned i = 0; i < TAP_READS; i++)
        if (w->reads[i].on)
            uring_cancel(&w->reads[i].end);
    uring_submit(); /* they have the tap open */
}
