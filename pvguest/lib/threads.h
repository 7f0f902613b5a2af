/* SPDX-License-Identifier: MIT */
/*
 * Threads of vCPU 0, cooperative: a thread runs until it yields, joins or ends. main() is one.
 */
#ifndef PVGUEST_THREADS_H
#define PVGUEST_THREADS_H

#include <stdbool.h>

struct thread;

struct thread *thread_create(void (*fn)(void *arg), void *arg);
/* Lets the others run, in turn; returns at once if there are none. */
void thread_yield(void);
/* Waits for its end and frees it. */
void thread_join(struct thread *t);
struct thread *thread_self(void);

#endif
