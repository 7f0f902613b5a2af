/* SPDX-License-Identifier: MIT */
/*
 * Counting instructions from inside a guest.
 *
 * Under `-icount shift=0` one tick of the TSC is one instruction, so the cost of an operation is
 * the ticks of a loop of it less those of an empty loop, by the number of turns. A sample is one
 * such loop; the figure of a row is the median of several, which drops those that a timer
 * interrupt of the hypervisor hit. It includes what the guest needs to ask: loading arguments, the
 * call through the hypercall page, the frame of an iret, the shortest possible handler of a trap.
 *
 *     BENCH("null_call", 500, rc |= hypercall_xen_version(XENVER_version, NULL));
 *
 * In the operation, i counts the turns and rc collects results: a row whose rc is not 0 in the end
 * stops the guest, because a refused call is quick. Rows come out as `BENCH name value`, or as
 * `BENCH name n/a reason` where this hypervisor does not do the operation.
 */
#ifndef BENCH_H
#define BENCH_H

#include "pvguest.h"

#define SAMPLES 9
#define PAIRED 64 /* Objects on which a pair of operations is done in turn */

/* 0 is what an empty loop of n turns takes. */
uint64_t bench_empty_loop(unsigned int n);

void bench_report(const char *name, uint64_t *ticks, unsigned int operations, long rc);
void bench_absent(const char *name, const char *reason, long rc);

/*
 * A call that is interrupted and goes on later may spoil the registers of all arguments, not only
 * of those it has: nothing of the loop may live there.
 */
static inline void bench_spoil(void)
{
    asm volatile("" ::: "rdi", "rsi", "rdx", "r10", "r8", "memory");
}

/* Turns `op` n times between two looks at the clock; `per` operations are in one turn. */
#define BENCH_PER(name, n, per, ...)                                                               \
    do {                                                                                           \
        uint64_t ticks_[SAMPLES];                                                                  \
        long rc = 0;                                                                               \
        for (unsigned int s_ = 0; s_ < SAMPLES; s_++)                                              \
            ticks_[s_] = BENCH_TICKS(n, __VA_ARGS__);                                              \
        bench_report(name, ticks_, (n) * (per), rc);                                               \
    } while (0)

#define BENCH(name, n, ...) BENCH_PER(name, n, 1, __VA_ARGS__)

/* One sample; for operations that need preparing between two samples. */
#define BENCH_TICKS(n, ...)                                                                        \
    ({                                                                                             \
        uint64_t start_ = rdtsc();                                                                 \
        for (unsigned int i = 0; i < (n); i++) {                                                   \
            __VA_ARGS__;                                                                           \
            bench_spoil();                                                                         \
        }                                                                                          \
        rdtsc() - start_ - bench_empty_loop(n);                                                    \
    })

/* The groups of rows, one file each. */
void bench_calls(void);
void bench_tables(void);
void bench_trees(void);
void bench_traps(void);
void bench_emulation(void);
void bench_memory(void);
void bench_switches(void);

#endif
