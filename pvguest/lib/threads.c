/* SPDX-License-Identifier: MIT */
#include "threads.h"

#include "pvguest.h"

#define THREAD_PAGES (STACK_SIZE / PAGE_SIZE)

/* Lies at the bottom of its stack's pages; main's is static. All are in one ring. */
struct thread {
    unsigned long rsp;
    struct thread *next;
    void (*fn)(void *arg);
    void *arg;
    bool done;

    thread_ready_t *ready; /* What it waits for; NULL: it can run */
    void *ready_arg;
    uint64_t deadline; /* 0: none */
};

extern void thread_switch(unsigned long *save_rsp, unsigned long load_rsp);

static struct thread main_thread = {.next = &main_thread};
static struct thread *current = &main_thread;

struct thread *thread_self(void)
{
    return current;
}

/* The next in turn that can run, current as the last; NULL: none, and *earliest is the first deadline. */
static struct thread *next_runnable(uint64_t *earliest)
{
    struct thread *t = current;

    *earliest = 0;
    do {
        t = t->next;
        if (t->done)
            continue;
        if (!t->ready || t->ready(t->ready_arg) || (t->deadline && time_ns() >= t->deadline))
            return t;
        if (t->deadline && (!*earliest || t->deadline < *earliest))
            *earliest = t->deadline;
    } while (t != current);
    return NULL;
}

/* Blocks while nobody can run. The second look is with events disabled: blocking enables them atomically. */
static struct thread *await_runnable(void)
{
    bool enabled = events_enabled();
    uint64_t earliest;
    struct thread *to = next_runnable(&earliest);

    while (!to) {
        events_disable();
        to = next_runnable(&earliest);
        if (to)
            break;
        if (earliest)
            timer_wake_at(earliest);
        sched_block();
        to = next_runnable(&earliest);
    }
    if (enabled)
        events_enable();
    else
        events_disable();
    return to;
}

static void schedule(void)
{
    struct thread *from = current, *to = await_runnable();

    if (to == from)
        return;
    current = to;
    thread_switch(&from->rsp, to->rsp);
}

void thread_yield(void)
{
    schedule();
}

bool thread_wait(thread_ready_t *ready, void *arg, uint64_t deadline)
{
    struct thread *t = current;

    if (ready(arg))
        return true;
    t->ready_arg = arg;
    t->deadline = deadline;
    t->ready = ready;
    do
        schedule();
    while (!ready(arg) && !(deadline && time_ns() >= deadline));
    t->ready = NULL;
    return ready(arg);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

void thread_sleep_until(uint64_t deadline)
{
    thread_wait(never, NULL, deadline ? deadline : 1);
}

static bool is_free(void *arg)
{
    return !((struct thread_lock *)arg)->held;
}

void thread_lock(struct thread_lock *lock)
{
    thread_wait(is_free, lock, 0);
    lock->held = true;
}

void thread_unlock(struct thread_lock *lock)
{
    lock->held = false;
}

static void thread_main(void)
{
    current->fn(current->arg);
    current->done = true;
    schedule();
    panic("a thread that ended was run");
}

struct thread *thread_create(void (*fn)(void *arg), void *arg)
{
    struct thread *t = pages_alloc(THREAD_PAGES);
    unsigned long *sp = (unsigned long *)((char *)t + STACK_SIZE);

    *--sp = 0; /* The end of backtraces. */
    *--sp = (unsigned long)thread_main;
    sp -= 6; /* The registers that thread_switch() pops. */
    *t = (struct thread){.rsp = (unsigned long)sp, .next = current->next, .fn = fn, .arg = arg};
    current->next = t;
    return t;
}

static bool is_done(void *arg)
{
    return ((struct thread *)arg)->done;
}

void thread_join(struct thread *t)
{
    struct thread *before = t;

    thread_wait(is_done, t, 0);
    while (before->next != t)
        before = before->next;
    before->next = t->next;
    for (unsigned int i = 0; i < THREAD_PAGES; i++)
        page_free((char *)t + i * PAGE_SIZE);
}
