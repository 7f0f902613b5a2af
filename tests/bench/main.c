/* SPDX-License-Identifier: MIT */
/* The benchmark guest: every operation of the ABI that has a goal, one row each. */
#include "bench.h"

__attribute__((noinline)) uint64_t bench_empty_loop(unsigned int n)
{
    uint64_t start = rdtsc();

    for (unsigned int i = 0; i < n; i++)
        bench_spoil();
    return rdtsc() - start;
}

static void sort(uint64_t *values, unsigned int n)
{
    for (unsigned int i = 1; i < n; i++) {
        for (unsigned int j = i; j > 0 && values[j - 1] > values[j]; j--) {
            uint64_t swap = values[j];

            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
}

void bench_report(const char *name, uint64_t *ticks, unsigned int operations, long rc)
{
    if (rc)
        panic("%s: an operation failed: %ld (%s)", name, rc, error_name(rc));
    sort(ticks, SAMPLES);
    printf("BENCH %s %lu\n", name, (ticks[SAMPLES / 2] + operations / 2) / operations);
}

void bench_absent(const char *name, const char *reason, long rc)
{
    printf("BENCH %s n/a %s: %s\n", name, reason, error_name(rc));
}

int main(void)
{
    bench_calls();
    bench_tables();
    bench_trees();
    bench_traps();
    bench_emulation();
    bench_memory();
    bench_switches();
    printf("BENCH end\n");
    return 0;
}
