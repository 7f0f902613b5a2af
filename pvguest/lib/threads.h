/* SPDX-License-Identifier: MIT */
/*
 * Threads of vCPU 0, cooperative: a thread runs until it yields, waits, joins or ends. main() is one.
 *
 * Waiting is for a condition: a function that says whether it holds, which is asked when some thread
 * gives the processor up, on that thread's stack, perhaps with events disabled: it must neither wait
 * nor yield. What it looks at is changed by other threads or by event handlers; when no thread can go
 * on, the vCPU blocks until an event comes, so a condition must not become true by itself.
 */
#ifndef PVGUEST_THREADS_H
#define PVGUEST_THREADS_H

#include <stdbool.h>
#include <stdint.h>

struct thread;
typedef bool thread_ready_t(void *arg);

struct thread *thread_create(void (*fn)(void *arg), void *arg);
/* Lets the others run, in turn; returns at once if there are none. */
void thread_yield(void);
/* Waits for its end and frees it. */
void thread_join(struct thread *t);
struct thread *thread_self(void);

/* Until ready(arg), or until system time reaches the deadline (0: never): true if it is ready. */
bool thread_wait(thread_ready_t *ready, void *arg, uint64_t deadline);
/* Lets the others run until then. */
void thread_sleep_until(uint64_t deadline);

/* One thread at a time between the two; not for handlers, which never wait. */
struct thread_lock {
    bool held;
};
void thread_lock(struct thread_lock *lock);
void thread_unlock(struct thread_lock *lock);

#endif
