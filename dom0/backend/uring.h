/* SPDX-License-Identifier: MIT */
/*
 * The daemon's one io_uring. A round of the loop asks for all it wants by it and then waits: one system call for all of that, where
 * a system call of a guest costs two changes of page tables. Event channels and storage end here; what is rarer (the store, signals,
 * timers) stays with the loop, whose descriptor is watched here.
 *
 * What one process gave to the kernel may still be on its way when that process is dead. The ring keeps the file
 * BACKEND_DIRECTORY/io open, locked, until all of it has ended: the next process waits for that lock before it does anything anew.
 * LIMIT: so one storage that hangs holds up the next pxbackd for all guests.
 */
#ifndef BACKEND_URING_H
#define BACKEND_URING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct io_uring_sqe;

/* Stays where it is until done() was called. */
struct completion {
    void (*done)(struct completion *c, int result); /* as of the system call, or -errno */
    uint32_t flags; /* IORING_CQE_F_*, of what has ended */
};

extern const char *uring_lock; /* BACKEND_DIRECTORY/io */

/* Memory that the kernel keeps at hand: FIXED reads and writes within it name buffer 0, and need not look each page up. 0 or errno. */
int uring_pin(void *at, size_t bytes);
/* Room that the kernel takes for reads of group 0 when something is there to be read. `entries` is a power of two. 0 or errno. */
struct io_uring_buf_ring;
int uring_buffers(unsigned entries, struct io_uring_buf_ring **ring);
int uring_open(void); /* after loop_open(); 0 or errno */
/* To be filled in by an io_uring_prep_*(), then uring_asked(). NULL: not now, again after a round. */
struct io_uring_sqe *uring_entry(void);
void uring_asked(struct io_uring_sqe *e, struct completion *c);
void uring_cancel(struct completion *c); /* it ends soon, with -ECANCELED if it had not */
void uring_submit(void);          /* at once */
bool uring_asks(void);            /* something is to be submitted */
void uring_look(void);            /* calls done() of what has ended, without a system call */
void uring_now(bool wait);        /* the same, and calls done() of what has ended; something at least, if it waits */
/* The loop's wait: submits, waits for an end or an event (ms: 0 does not wait, -1 for ever), and calls all that is to be called. */
void uring_wait(int ms);

#endif
