/* SPDX-License-Identifier: MIT */
/*
 * tlb SECONDS: what one thread does to the address space, the others must see when the call is back.
 *
 * Protection: while threads write, mprotect makes the page read-only; then it must not change any more.
 * Replacement: mmap puts page after page of a file at one address; who knows that page n is there must
 * not find an older one.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define HELPERS 2
#define PAGES 64

static atomic_ulong *target;    /* the page that threads write to and main protects */
static atomic_ulong *window;    /* where main puts page after page */
static atomic_ulong generation; /* the page that is at least there */
static atomic_ulong faults, stale;
static atomic_bool writable, done;
static __thread sigjmp_buf back;

static void on_fault(int signal)
{
    (void)signal;
    faults++;
    siglongjmp(back, 1);
}

static void *write_on(void *argument)
{
    (void)argument;
    sigsetjmp(back, 1);
    while (!done) {
        if (!writable)
            sched_yield();
        else
            for (int i = 0; i < 1000; i++)
                atomic_fetch_add(target, 1);
    }
    return NULL;
}

static void *read_on(void *argument)
{
    (void)argument;
    while (!done) {
        unsigned long known = generation;

        if (*window < known)
            stale++;
    }
    return NULL;
}

static void wait_a_little(unsigned long round)
{
    if (round % 2)
        sched_yield();
    for (volatile int i = 0; i < 20000; i++)
        ;
}

static unsigned long change_on(time_t end, int file, atomic_ulong *pages)
{
    unsigned long round;

    for (round = 1; time(NULL) < end; round++) {
        unsigned long seen;

        writable = true;
        wait_a_little(round);
        if (mprotect(target, PAGE, PROT_READ))
            return 0;
        seen = *target;
        wait_a_little(round);
        if (*target != seen) {
            printf("tlb: round %lu: written after mprotect\n", round);
            stale++;
        }
        writable = false;
        if (mprotect(target, PAGE, PROT_READ | PROT_WRITE))
            return 0;

        pages[round % PAGES * (PAGE / sizeof(*pages))] = round;
        if (mmap(window, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file,
                 (off_t)(round % PAGES * PAGE)) == MAP_FAILED)
            return 0;
        generation = round;
    }
    return round;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_fault};
    pthread_t ids[HELPERS];
    int file = memfd_create("pages", 0);
    atomic_ulong *pages;
    unsigned long rounds;

    sigaction(SIGSEGV, &action, NULL);
    if (file < 0 || ftruncate(file, PAGES * PAGE))
        return 2;
    pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    window = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);
    target = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || window == MAP_FAILED || target == MAP_FAILED)
        return 2;
    for (int i = 0; i < HELPERS; i++)
        if (pthread_create(&ids[i], NULL, i % 2 ? read_on : write_on, NULL))
            return 2;
    rounds = change_on(time(NULL) + (argc > 1 ? atol(argv[1]) : 5), file, pages);
    done = true;
    for (int i = 0; i < HELPERS; i++)
        pthread_join(ids[i], NULL);
    printf("tlb: %lu rounds, %lu faults, %lu stale\n", rounds, faults, stale);
    return stale || rounds < 10 || !faults;
}
