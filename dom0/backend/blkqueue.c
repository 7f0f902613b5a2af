/* SPDX-License-Identifier: MIT */
/* The queues: whose turn it is, what is taken from their rings and what is published. */
#define _GNU_SOURCE
#include "blkwork.h"
#include "log.h"
#include "loop.h"
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TAKEN_A_ROUND 64u
#define DISK_BYTES_MOST ((size_t)32 << 20) /* on the way: one guest cannot have all buffers */
#define IDLE_MOST 32u                      /* events in a row that brought nothing: then the guest waits a little */
#define IDLE_PAUSE_NS 10000000

static TAILQ_HEAD(, queue) delayed = TAILQ_HEAD_INITIALIZER(delayed);
static struct source timer_source;
static int timer;
static TAILQ_HEAD(, queue) active = TAILQ_HEAD_INITIALIZER(active), publishing = TAILQ_HEAD_INITIALIZER(publishing);

void queue_wake(struct queue *q)
{
    if (q->active || q->disk->closing)
        return;
    q->active = true;
    TAILQ_INSERT_TAIL(&active, q, turn);
}

static void queue_sleep(struct queue *q)
{
    q->active = false;
    TAILQ_REMOVE(&active, q, turn);
}

void disk_go_on(struct disk *disk)
{
    disk->stalled = false;
    for (unsigned i = 0; i < disk->nr_queues; i++)
        queue_wake(&disk->queue[i]);
}

void queue_answered(struct queue *q)
{
    if (q->answered)
        return;
    q->answered = true;
    TAILQ_INSERT_TAIL(&publishing, q, publish);
}

static bool alone(const struct queue *q)
{
    return !q->disk->on_the_way && TAILQ_EMPTY(&publishing) && (!TAILQ_FIRST(&active) || (TAILQ_FIRST(&active) == q && !TAILQ_NEXT(q, turn)));
}

static void queue_publish(struct queue *q)
{
    struct work *w;

    journal_commit(q->journal, q->ring.answered);
    if (blk_ring_publish(&q->ring))
        linger_notify(&q->linger, &(struct port *){&q->port}, 1, alone(q));
    while ((w = TAILQ_FIRST(&q->answers))) {
        uint16_t number = (uint16_t)(w - q->work);

        TAILQ_REMOVE(&q->answers, w, turn);
        journal_free(&q->entry[number]);
        q->unused[q->nr_unused++] = number;
    }
    q->answered = false;
}

/* ---- the round ---- */

/* Who sends event after event without a request gets a look at its ring every IDLE_PAUSE_NS. */
static void queue_rest(struct queue *q, bool nothing)
{
    struct itimerspec t = {.it_value = {0, IDLE_PAUSE_NS}};

    if (!nothing || ++q->idle < IDLE_MOST) {
        port_unmask(&q->port);
        return;
    }
    if (q->delayed)
        return;
    q->delayed = true;
    TAILQ_INSERT_TAIL(&delayed, q, delay);
    timerfd_settime(timer, 0, &t, NULL);
}

static void timer_event(struct source *s, uint32_t events)
{
    struct queue *q;
    uint64_t times;

    (void)s;
    (void)events;
    if (read(timer, &times, sizeof(times)) != sizeof(times))
        return;
    while ((q = TAILQ_FIRST(&delayed))) {
        TAILQ_REMOVE(&delayed, q, delay);
        q->delayed = false;
        q->idle = IDLE_MOST / 2;
        queue_wake(q);
    }
}

int queues_start(void)
{
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    timer_source.event = timer_event;
    return timer < 0 || loop_add(timer, &timer_source, EPOLLIN) ? errno : 0;
}

/* True: it may have more. */
static bool queue_take(struct queue *q)
{
    struct disk *disk = q->disk;

    for (unsigned i = 0; i < TAKEN_A_ROUND; i++) {
        int waiting;
        uint16_t number;

        if (disk->barrier || disk->bytes > DISK_BYTES_MOST) {
            disk->stalled = true;
            return false;
        }
        if (buffers_short())
            return true;
        if (q->next_again < q->nr_again) {
            work_begin(q, q->again[q->next_again++]);
            continue;
        }
        waiting = blk_ring_waiting(&q->ring);
        if (!waiting && linger_more(&q->linger, i > 0, linger_clock()))
            return true;
        if (!waiting && !blk_ring_rest(&q->ring)) {
            queue_rest(q, i == 0);
            return false;
        }
        q->idle = 0;
        if (!i)
            linger_found(&q->linger, linger_clock());
        if (waiting < 0 || (!waiting && (waiting = blk_ring_waiting(&q->ring)) <= 0)) {
            device_kill(disk->d, "an impossible index in the ring (%u taken, %u answered)", q->ring.taken, q->ring.answered);
            return false;
        }
        number = q->unused[--q->nr_unused];
        blk_ring_copy(&q->ring, &q->entry[number].slot);
        journal_take(q->journal, &q->entry[number], q->ring.taken++);
        work_begin(q, number);
    }
    return true;
}

static void queues_take(void)
{
    TAILQ_HEAD(, queue) now;
    struct queue *q;

    TAILQ_INIT(&now);
    TAILQ_CONCAT(&now, &active, turn);
    TAILQ_FOREACH(q, &now, turn)
        q->active = false; /* for queue_close() in the middle of it, see there */
    while ((q = TAILQ_FIRST(&now))) {
        TAILQ_REMOVE(&now, q, turn);
        if (q->disk->closing)
            continue;
        if (queue_take(q))
            queue_wake(q);
    }
}

static void queues_publish(void)
{
    struct queue *q;

    while ((q = TAILQ_FIRST(&publishing))) {
        TAILQ_REMOVE(&publishing, q, publish);
        queue_publish(q);
    }
}

bool queues_round(void)
{
    bool more;

    queues_publish(); /* what has ended since: a guest may have its next requests there before they are looked for */
    queues_take();
    more = works_round();
    queues_publish();
    return more || (!TAILQ_EMPTY(&active) && !buffers_short());
}

/* ---- opening and closing ---- */

static void port_event(struct port *p)
{
    queue_wake((struct queue *)((char *)p - offsetof(struct queue, port)));
}

static int by_index(const void *a, const void *b, void *q)
{
    const struct journal_entry *e = ((struct queue *)q)->entry;

    return (int32_t)(e[*(const uint16_t *)a].index - e[*(const uint16_t *)b].index) < 0 ? -1 : 1;
}

static void queue_numbers(struct queue *q)
{
    for (uint32_t i = 0; i < q->ring.size; i++) {
        if (q->entry[i].state == ENTRY_BUSY)
            q->again[q->nr_again++] = (uint16_t)i;
        else
            q->unused[q->nr_unused++] = (uint16_t)i;
    }
    qsort_r(q->again, q->nr_again, sizeof(q->again[0]), by_index, q);
}

int queue_open(struct disk *disk, unsigned n, const struct journal_ring *ring, bool takeover)
{
    struct queue *q = &disk->queue[n];
    struct device *d = disk->d;
    struct blkif_sring *shared = grants_map(d->domid, ring->ref, ring->pages, true);
    uint32_t slots = blk_ring_slots(ring->pages), begin;
    int err;

    if (!shared) {
        device_fail(d, err = errno, "mapping the ring of queue %u (%u pages, grant %u)", n, ring->pages, ring->ref[0]);
        return err;
    }
    *q = (struct queue){.disk = disk, .port = {port_event, -1}};
    q->journal = &disk->journal.head->queue[n];
    q->entry = disk->journal.entry + q->journal->first;
    begin = takeover ? q->journal->answered : __atomic_load_n(&shared->rsp_prod, __ATOMIC_RELAXED);
    if (!takeover)
        q->journal->taken = q->journal->answered = begin;
    blk_ring_attach(&q->ring, shared, ring->pages, q->journal->taken, begin);
    TAILQ_INIT(&q->answers);
    disk->nr_queues = n + 1;
    q->work = calloc(slots, sizeof(q->work[0]));
    q->unused = calloc(slots, sizeof(q->unused[0]));
    q->again = calloc(slots, sizeof(q->again[0]));
    if (!q->work || !q->unused || !q->again)
        return ENOMEM;
    err = port_bind(&q->port, d->domid, ring->port);
    if (err) {
        device_fail(d, err, "binding the event channel %u of queue %u", ring->port, n);
        return err;
    }
    queue_numbers(q);
    if (disk->persistent)
        persist_open(&q->persist, d->domid);
    if (takeover) {
        blk_ring_publish(&q->ring);
        port_notify(&q->port);
    }
    queue_wake(q);
    return 0;
}

void queue_close(struct queue *q)
{
    struct work *w;

    if (q->active)
        queue_sleep(q);
    if (q->delayed)
        TAILQ_REMOVE(&delayed, q, delay);
    q->delayed = false;
    if (q->answered)
        TAILQ_REMOVE(&publishing, q, publish);
    q->answered = false;
    while ((w = TAILQ_FIRST(&q->answers)))
        TAILQ_REMOVE(&q->answers, w, turn);
    port_unbind(&q->port);
    grants_unmap(q->ring.shared, q->ring.size ? q->journal->ring.pages : 0);
    q->ring.shared = NULL;
}

void queue_free(struct queue *q)
{
    persist_close(&q->persist);
    free(q->work);
    free(q->unused);
    free(q->again);
    q->work = NULL;
    q->unused = q->again = NULL;
}
