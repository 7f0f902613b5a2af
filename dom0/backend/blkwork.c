/* SPDX-License-Identifier: MIT */
/* A request's way from the copy of its slot to its answer. */
#define _GNU_SOURCE
#include "blkwork.h"
#include "blkcopy.h"
#include "clock.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>

#define ERROR_PAUSE_MS 1000
#define NBD_PIECE ((size_t)1 << 30)
#define COPIED_MOST ((size_t)128 << 10) /* of pages that stay mapped */

/* Works between two steps of a round: their descriptors come; they are parsed; their data came, or they go on; their data goes. */
static struct work_list described = TAILQ_HEAD_INITIALIZER(described), parsed = TAILQ_HEAD_INITIALIZER(parsed);
static struct work_list starting = TAILQ_HEAD_INITIALIZER(starting), ended = TAILQ_HEAD_INITIALIZER(ended);

/* ---- the end of a work ---- */

static void pages_free(struct work *w)
{
    if (w->pages != w->few_pages)
        free(w->pages);
    if (w->v != w->few_v)
        free(w->v);
    w->pages = NULL;
}

static void work_clear(struct work *w)
{
    if (w->data) {
        w->q->disk->bytes -= w->bytes;
        buffer_put(w->data, w->bytes);
    }
    if (w->pages) {
        persist_put(w->pages, w->r.nr_segments);
        pages_free(w);
    }
    if (w->r.segment != w->r.few)
        free(w->r.segment);
    free(w->descriptors);
    w->r.segment = NULL;
    w->descriptors = NULL;
    w->data = NULL;
}

/* Its guest is not there any more to be answered. */
static void work_drop(struct work *w)
{
    struct disk *disk = w->q->disk;

    work_clear(w);
    disk->on_the_way--;
    if (disk->barrier_waits && disk->on_the_way == 1) { /* it is on no list */
        disk->barrier_waits = false;
        disk->on_the_way = 0;
    }
    if (!disk->on_the_way)
        disk_ended(disk);
}

static void work_answer(struct work *w, int status)
{
    struct queue *q = w->q;
    struct disk *disk = q->disk;

    if (disk->closing) {
        work_drop(w);
        return;
    }
    work_clear(w);
    blk_ring_answer(&q->ring, w->r.id, w->r.operation, (int16_t)status);
    journal_answer(&q->entry[w - q->work], q->ring.answered - 1);
    TAILQ_INSERT_TAIL(&q->answers, w, turn);
    queue_answered(q);
    disk->on_the_way--;
    if (disk->barrier == w)
        disk->barrier = NULL;
    if (disk->barrier_waits && disk->on_the_way == 1) { /* for this one */
        disk->barrier_waits = false;
        TAILQ_INSERT_TAIL(&parsed, disk->barrier, turn);
    }
    if (disk->stalled && !disk->barrier)
        disk_go_on(disk);
}

/* ---- what the kernel has done ---- */

static int status_of(struct work *w, int err)
{
    struct disk *disk = w->q->disk;
    static const char *const names[] = {"reading", "writing", "a barrier", "flushing", "", "discarding"};
    uint64_t now = clock_ms();

    if (now - disk->last_error > ERROR_PAUSE_MS) {
        disk->last_error = now;
        log_line(LOG_ERROR, "%s: %s at sector %" PRIu64 ": %s", device_name(disk->d), names[w->r.operation], w->r.sector,
                 strerror(err));
    }
    return (err == EOPNOTSUPP || err == ENOTTY || err == ENOSYS) && w->r.operation != BLKIF_OP_READ &&
                   w->r.operation != BLKIF_OP_WRITE
               ? BLKIF_RSP_EOPNOTSUPP
               : BLKIF_RSP_ERROR;
}

/* Between its memory and pages that stay mapped. */
static void work_copy(struct work *w, bool in)
{
    uint8_t *at = w->data;

    for (unsigned i = 0; i < w->r.nr_segments; i++) {
        const struct blk_segment *s = &w->r.segment[i];
        uint8_t *page = w->pages[i].at + s->offset;

        memcpy(in ? at : page, in ? page : at, s->bytes);
        at += s->bytes;
    }
}

static void work_done(struct completion *end, int result)
{
    struct work *w = (struct work *)end;

    if (w->q->disk->closing) {
        work_drop(w);
        return;
    }
    if (result == -EAGAIN || result == -EINTR) {
        TAILQ_INSERT_TAIL(&starting, w, turn);
        return;
    }
    if (result < 0 || (w->step == STEP_DATA && w->bytes && !result)) {
        work_answer(w, status_of(w, result < 0 ? -result : EIO)); /* nothing: the image became shorter */
        return;
    }
    if (w->step == STEP_DATA && w->bytes) {
        w->done += (size_t)result;
        if (w->done < w->bytes) {
            TAILQ_INSERT_TAIL(&starting, w, turn);
            return;
        }
    }
    w->steps &= (uint8_t)~w->step;
    if (w->r.operation == BLKIF_OP_READ && w->data && w->pages)
        work_copy(w, false);
    if (w->steps)
        TAILQ_INSERT_TAIL(&starting, w, turn);
    else if (w->r.operation == BLKIF_OP_READ && w->data && !w->pages)
        TAILQ_INSERT_TAIL(&ended, w, turn);
    else
        work_answer(w, BLKIF_RSP_OKAY);
}

/* What is still to be done of its data: how many pieces. */
static unsigned work_vector(struct work *w)
{
    size_t skip = w->done;
    unsigned n = 0;

    if (w->data) {
        w->v = w->few_v;
        w->v[0] = (struct iovec){w->data + w->done, w->bytes - w->done};
        return 1;
    }
    for (unsigned i = 0; i < w->r.nr_segments; i++) {
        const struct blk_segment *s = &w->r.segment[i];
        uint8_t *from = w->pages[i].at + s->offset;
        size_t bytes = s->bytes;

        if (skip >= bytes) {
            skip -= bytes;
            continue;
        }
        from += skip;
        bytes -= skip;
        skip = 0;
        if (n && (uint8_t *)w->v[n - 1].iov_base + w->v[n - 1].iov_len == from)
            w->v[n - 1].iov_len += bytes;
        else
            w->v[n++] = (struct iovec){from, bytes};
    }
    return n;
}

static void work_ask_nbd(struct work *w, struct nbd_image *n, uint64_t at)
{
    size_t left;

    if (w->step != STEP_DATA) {
        nbd_ask(n, &w->io, NBD_FLUSH, NULL, 0, 0);
        return;
    }
    if (w->r.operation == BLKIF_OP_DISCARD)
        w->bytes = w->r.sectors * BLK_SECTOR; /* in pieces: the protocol's lengths are short */
    left = w->bytes - w->done;
    nbd_ask(n, &w->io, w->r.operation == BLKIF_OP_DISCARD ? NBD_DISCARD : w->r.operation == BLKIF_OP_READ ? NBD_READ : NBD_WRITE,
            w->data ? w->data + w->done : NULL, left < NBD_PIECE ? left : NBD_PIECE, at + w->done);
}

static bool work_submit(struct work *w)
{
    const struct image *i = &w->q->disk->image;
    uint64_t at = w->r.sector * BLK_SECTOR;
    unsigned n;

    w->step = (uint8_t)(w->steps & -w->steps);
    if (i->nbd) {
        work_ask_nbd(w, i->nbd, at);
        return true;
    }
    if (w->step != STEP_DATA)
        return blkio_flush(&w->io, i->fd);
    if (w->r.operation == BLKIF_OP_DISCARD)
        return blkio_discard(&w->io, i->fd, i->device, at, w->r.sectors * BLK_SECTOR);
    n = work_vector(w);
    return w->r.operation == BLKIF_OP_READ ? blkio_read(&w->io, i->fd, w->v, n, at + w->done)
                                           : blkio_write(&w->io, i->fd, w->v, n, at + w->done);
}

/* ---- the steps before ---- */

static void work_parsed(struct work *w)
{
    struct disk *disk = w->q->disk;

    switch (w->r.operation) {
    case BLKIF_OP_FLUSH_DISKCACHE: w->steps = STEP_FLUSH; break;
    case BLKIF_OP_WRITE_BARRIER: w->steps = STEP_FLUSH | STEP_FLUSH_AFTER; break;
    default: w->steps = STEP_DATA; break;
    }
    if (w->r.nr_segments)
        w->steps |= STEP_DATA;
    if (w->r.operation == BLKIF_OP_DISCARD && !w->r.sectors) {
        work_answer(w, BLKIF_RSP_OKAY);
        return;
    }
    if (w->r.operation == BLKIF_OP_WRITE_BARRIER) {
        disk->barrier = w;
        disk->stalled = true;
        disk->barrier_waits = disk->on_the_way > 1;
        if (disk->barrier_waits)
            return;
    }
    TAILQ_INSERT_TAIL(&parsed, w, turn);
}

static void work_described(struct work *w)
{
    struct blk_segment *s = malloc(w->r.nr_segments * sizeof(*s));
    int status = s ? w->status : BLKIF_RSP_ERROR;

    if (!status)
        status = blk_parse_segments(w->descriptors, &w->q->disk->limits, &w->r, s);
    else
        free(s);
    if (status)
        work_answer(w, status);
    else
        work_parsed(w);
}

/* From pages that stay mapped, each field once. */
static bool describe_mapped(struct work *w)
{
    const unsigned a_page = BLK_PAGE / sizeof(struct blkif_request_segment);
    struct mapped_page pages[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
    uint64_t *to = (uint64_t *)w->descriptors;

    if (!persist_get(&w->q->persist, w->r.page, w->r.nr_pages, pages))
        return false;
    for (unsigned i = 0; i < w->r.nr_segments; i++)
        to[i] = ((const volatile uint64_t *)pages[i / a_page].at)[i % a_page];
    persist_put(pages, w->r.nr_pages);
    return true;
}

/* An indirect request's descriptors are asked for. */
static void work_describe(struct work *w)
{
    const unsigned a_page = BLK_PAGE / sizeof(struct blkif_request_segment);
    unsigned left = w->r.nr_segments;

    w->descriptors = calloc(left, sizeof(w->descriptors[0]));
    if (!w->descriptors) {
        work_answer(w, BLKIF_RSP_ERROR);
        return;
    }
    if (describe_mapped(w)) {
        work_described(w);
        return;
    }
    for (unsigned i = 0; i < w->r.nr_pages; i++) {
        unsigned n = left < a_page ? left : a_page;

        copy_from_guest(w->q->disk->d->domid, w->r.page[i], 0, w->descriptors + i * a_page, n * (unsigned)sizeof(w->descriptors[0]),
                        &w->status);
        left -= n;
    }
    TAILQ_INSERT_TAIL(&described, w, turn);
}

void work_begin(struct queue *q, uint16_t number)
{
    struct work *w = &q->work[number];
    int status;

    memset(w, 0, sizeof(*w));
    w->q = q;
    w->io.end.done = work_done;
    q->disk->on_the_way++;
    status = blk_parse(&q->entry[number].slot, &q->disk->limits, &w->r);
    if (status)
        work_answer(w, status);
    else if (w->r.nr_pages)
        work_describe(w);
    else
        work_parsed(w);
}

/* The guest's own pages, where they stay mapped. */
static bool work_map(struct work *w)
{
    bool few = w->r.nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST;
    uint32_t refs[BLK_SEGMENTS];

    if (!w->q->persist.on)
        return false;
    w->pages = few ? w->few_pages : calloc(w->r.nr_segments, sizeof(w->pages[0]));
    w->v = few ? w->few_v : calloc(w->r.nr_segments, sizeof(w->v[0]));
    for (unsigned i = 0; i < w->r.nr_segments; i++)
        refs[i] = w->r.segment[i].ref;
    if (w->pages && w->v && persist_get(&w->q->persist, refs, w->r.nr_segments, w->pages))
        return true;
    pages_free(w);
    return false;
}

/* Its memory, and the copies that fill it. */
static void work_prepare(struct work *w)
{
    struct disk *disk = w->q->disk;
    size_t at = 0;

    TAILQ_INSERT_TAIL(&starting, w, turn);
    if (!w->r.nr_segments)
        return;
    w->bytes = w->r.sectors * BLK_SECTOR;
    if (work_map(w)) {
        /* To find each foreign page's frame costs the kernel more than to copy the page. */
        w->data = w->bytes <= COPIED_MOST ? buffer_get_pinned(w->bytes) : NULL;
        if (w->data)
            disk->bytes += w->bytes;
        if (w->data && w->r.operation != BLKIF_OP_READ)
            work_copy(w, true);
        return;
    }
    w->data = buffer_get(w->bytes);
    if (!w->data) {
        w->status = BLKIF_RSP_ERROR;
        return;
    }
    disk->bytes += w->bytes;
    for (unsigned i = 0; w->r.operation != BLKIF_OP_READ && i < w->r.nr_segments; i++) {
        const struct blk_segment *s = &w->r.segment[i];

        copy_from_guest(disk->d->domid, s->ref, s->offset, w->data + at, s->bytes, &w->status);
        at += s->bytes;
    }
}

static void work_return_data(struct work *w)
{
    size_t at = 0;

    for (unsigned i = 0; i < w->r.nr_segments; i++) {
        const struct blk_segment *s = &w->r.segment[i];

        copy_to_guest(w->q->disk->d->domid, s->ref, s->offset, w->data + at, s->bytes, &w->status);
        at += s->bytes;
    }
}

static struct work *first_of(struct work_list *list)
{
    struct work *w;

    while ((w = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, w, turn);
        if (!w->q->disk->closing)
            return w;
        work_drop(w);
    }
    return NULL;
}

static void works_start(void)
{
    struct work *w;

    while ((w = first_of(&starting))) {
        if (w->status) {
            work_answer(w, w->status);
        } else if (!work_submit(w)) {
            TAILQ_INSERT_HEAD(&starting, w, turn);
            return;
        }
    }
}

/* Reads whose data was copied out, up to the last of before: no more are added meanwhile. */
static void works_end(void)
{
    struct work *w;

    while ((w = first_of(&ended)))
        work_answer(w, w->status);
}

/* What was read goes to its guests. */
static void works_deliver(void)
{
    struct work *w;

    TAILQ_FOREACH(w, &ended, turn)
        if (!w->q->disk->closing)
            work_return_data(w);
    copies_make();
    works_end();
}

bool works_round(void)
{
    struct work *w;

    copies_make();
    while ((w = first_of(&described)))
        work_described(w);
    while ((w = first_of(&parsed)))
        work_prepare(w);
    works_deliver(); /* and the data of writes comes, in the same call */
    works_start();
    return !TAILQ_EMPTY(&starting) || !TAILQ_EMPTY(&parsed);
}
