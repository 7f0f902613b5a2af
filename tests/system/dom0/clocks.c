/* SPDX-License-Identifier: MIT */
/*
 * clocks (no arguments): says the wall clock's time, which busybox' date says in whole seconds only.
 * clocks SECONDS THREADS: threads on all CPUs read the clocks; none may show a time before one that any
 * thread has read already, and the monotonic and the wall clock go equally fast.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_long newest[2];
static atomic_ulong reads;
static long end;

static long now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *thread(void *argument)
{
    static const clockid_t clocks[2] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
    (void)argument;

    while (now(CLOCK_MONOTONIC) < end) {
        for (int i = 0; i < 2; i++) {
            long before = newest[i], t = now(clocks[i]), seen = before;

            if (t < before) {
                printf("clocks: clock %d shows %ld ns less than another thread read\n", clocks[i],
                       before - t);
                exit(1);
            }
            while (seen < t && !atomic_compare_exchange_weak(&newest[i], &seen, t))
                ;
        }
        reads++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? atol(argv[1]) : 0, threads = argc > 2 ? atol(argv[2]) : 4;
    long start = now(CLOCK_MONOTONIC), wall = now(CLOCK_REALTIME), apart;
    pthread_t ids[64];

    if (argc < 2) {
        printf("px: clock %ld.%09ld\n", wall / 1000000000, wall % 1000000000);
        return 0;
    }
    end = start + seconds * 1000000000;
    if (threads < 1 || threads > 64)
        return 2;
    for (long i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, thread, NULL))
            return 2;
    for (long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    apart = now(CLOCK_REALTIME) - wall - (now(CLOCK_MONOTONIC) - start);
    printf("clocks: %lu reads, wall and monotonic clock %ld ns apart\n", reads, apart);
    return labs(apart) > 5000000 || reads < 1000;
}
