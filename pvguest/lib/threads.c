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
};

extern void thread_switch(unsigned long *save_rsp, unsigned long load_rsp);

static struct thread main_thread = {.next = &main_thread};
static struct thread *current = &main_thread;

struct thread *thread_self(void)
{
    return current;
}

void thread_yield(void)
{
    struct thread *from = current, *to = from->next;

    while (to->done && to != from)
        to = to->next;
    if (to == from)
        return;
    current = to;
    thread_switch(&from->rsp, to->rsp);
}

static void thread_main(void)
{
    current->fn(current->arg);
    current->done = true;
    thread_yield();
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

void thread_join(struct thread *t)
{
    struct thread *before = t;

    while (!t->done)
        thread_yield();
    while (before->next != t)
        before = before->next;
    before->next = t->next;
    for (unsigned int i = 0; i < THREAD_PAGES; i++)
        page_free((char *)t + i * PAGE_SIZE);
}
