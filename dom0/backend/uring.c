/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "uring.h"
#include "backend.h"
#include "log.h"
#include "loop.h"
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 1024u
#define LOCK_PAUSE_NS 20000000
#define LOCK_SAY 250 /* pauses */

const char *uring_lock = BACKEND_DIRECTORY "/io";

static struct io_uring ring;
static struct completion events;
static bool watching, something; /* the loop's descriptor is watched; the loop may have events */

/* Until all that a dead process asked for has ended. */
static int lock_wait(void)
{
    int fd = open(uring_lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    for (unsigned i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); i++) {
        if (errno != EWOULDBLOCK) {
            close(fd);
            return -1;
        }
        if (i % LOCK_SAY == LOCK_SAY - 1)
            log_line(LOG_NOTE, "waiting for what the last pxbackd read and wrote: its storage does not answer");
        nanosleep(&(struct timespec){0, LOCK_PAUSE_NS}, NULL);
    }
    return fd;
}

static void loop_has_events(struct completion *c, int result)
{
    (void)c;
    (void)result;
    watching = false;
    something = true;
}

int uring_open(void)
{
    int lock = lock_wait(), err;

    if (lock < 0)
        return errno;
    err = -io_uring_queue_init(ENTRIES, &ring, 0);
    if (!err)
        err = -io_uring_register_files(&ring, &lock, 1);
    close(lock); /* the ring has it now */
    events.done = loop_has_events;
    something = true;
    return err;
}

int uring_pin(void *at, size_t bytes)
{
    struct iovec v = {at, bytes};

    return -io_uring_register_buffers(&ring, &v, 1);
}

int uring_buffers(unsigned entries, struct io_uring_buf_ring **buffers)
{
    void *at = mmap(NULL, entries * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct io_uring_buf_reg r = {.ring_addr = (uintptr_t)at, .ring_entries = entries};
    int err;

    if (at == MAP_FAILED)
        return ENOMEM;
    *buffers = at;
    io_uring_buf_ring_init(*buffers);
    err = -io_uring_register_buf_ring(&ring, &r, 0);
    if (err)
        munmap(at, entries * sizeof(struct io_uring_buf));
    return err;
}

struct io_uring_sqe *uring_entry(void)
{
    struct io_uring_sqe *e = io_uring_get_sqe(&ring);

    if (!e) {
        io_uring_submit(&ring);
        e = io_uring_get_sqe(&ring);
    }
    return e;
}

void uring_asked(struct io_uring_sqe *e, struct completion *c)
{
    io_uring_sqe_set_data(e, c);
}

void uring_cancel(struct completion *c)
{
    struct io_uring_sqe *e = uring_entry();

    if (!e)
        return;
    io_uring_prep_cancel(e, c, 0);
    io_uring_sqe_set_data(e, NULL);
}

/* One by one: what is called may come back here, by uring_now(). */
static void reap(void)
{
    struct io_uring_cqe *e;

    while (io_uring_peek_batch_cqe(&ring, &e, 1)) {
        struct completion *c = io_uring_cqe_get_data(e);
        int result = e->res;

        if (c)
            c->flags = e->flags;
        io_uring_cq_advance(&ring, 1);
        if (c)
            c->done(c, result);
    }
}

static void submitted(int rc)
{
    if (rc < 0 && rc != -EAGAIN && rc != -EBUSY && rc != -EINTR && rc != -ETIME)
        log_line(LOG_ERROR, "io_uring: %s", strerror(-rc));
}

void uring_submit(void)
{
    if (io_uring_sq_ready(&ring))
        submitted(io_uring_submit(&ring));
}

bool uring_asks(void)
{
    return io_uring_sq_ready(&ring);
}

void uring_look(void)
{
    reap();
}

void uring_now(bool wait)
{
    if (wait && !io_uring_cq_ready(&ring))
        submitted(io_uring_submit_and_wait(&ring, 1));
    else
        uring_submit();
    reap();
}

/* Once, when the loop said that there is nothing: so whatever comes afterwards is seen. */
static void watch_loop(void)
{
    struct io_uring_sqe *e = watching || something ? NULL : uring_entry();

    if (!e)
        return;
    io_uring_prep_poll_add(e, loop_fd(), POLLIN);
    uring_asked(e, &events);
    watching = true;
}

void uring_wait(int ms)
{
    struct __kernel_timespec t = {ms / 1000, ms % 1000 * 1000000};
    struct io_uring_cqe *first;

    watch_loop();
    if (!ms || something || !watching || io_uring_cq_ready(&ring))
        uring_submit();
    else if (ms < 0)
        submitted(io_uring_submit_and_wait(&ring, 1));
    else
        submitted(io_uring_submit_and_wait_timeout(&ring, &first, 1, &t, NULL));
    reap();
    if (something)
        something = loop_round(0);
}
