/* SPDX-License-Identifier: MIT */
/*
 * fpu SECONDS THREADS: threads hold values of their own in all vector, x87 and control registers while
 * they yield or are preempted, and compare afterwards. Says how often; fails at the first difference.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct regs {
    uint8_t vector[16][32];
    uint8_t x87[8][16]; /* ten bytes of each are used */
    uint32_t mxcsr;
    uint16_t control;
    uint16_t pad;
} __attribute__((aligned(32)));

_Static_assert(__builtin_offsetof(struct regs, x87) == 512, "the assembly knows it");
_Static_assert(__builtin_offsetof(struct regs, mxcsr) == 640, "the assembly knows it");
_Static_assert(__builtin_offsetof(struct regs, control) == 644, "the assembly knows it");

static bool has_avx;
static time_t end;
static _Atomic unsigned long rounds;

/* The waiting in the middle: a sched_yield (24), or a loop long enough to be preempted in. */
#define WAIT                                                                                       \
    "test %2, %2\n jnz 1f\n mov $24, %%eax\n syscall\n jmp 2f\n"                                   \
    "1: dec %2\n jnz 1b\n"                                                                         \
    "2:\n"
#define LOAD_X87                                                                                   \
    "ldmxcsr 640(%0)\n fninit\n fldcw 644(%0)\n"                                                   \
    "fldt 512(%0)\n fldt 528(%0)\n fldt 544(%0)\n fldt 560(%0)\n"                                  \
    "fldt 576(%0)\n fldt 592(%0)\n fldt 608(%0)\n fldt 624(%0)\n"
#define STORE_X87                                                                                  \
    "stmxcsr 640(%1)\n fnstcw 644(%1)\n"                                                           \
    "fstpt 624(%1)\n fstpt 608(%1)\n fstpt 592(%1)\n fstpt 576(%1)\n"                              \
    "fstpt 560(%1)\n fstpt 544(%1)\n fstpt 528(%1)\n fstpt 512(%1)\n fninit\n ldmxcsr %3\n"
#define ALL(f)                                                                                     \
    f("0", "0") f("1", "32") f("2", "64") f("3", "96") f("4", "128") f("5", "160") f("6", "192")   \
        f("7", "224") f("8", "256") f("9", "288") f("10", "320") f("11", "352") f("12", "384")     \
            f("13", "416") f("14", "448") f("15", "480")
#define LOAD_AVX(n, at) "vmovups " at "(%0), %%ymm" n "\n"
#define STORE_AVX(n, at) "vmovups %%ymm" n ", " at "(%1)\n"
#define LOAD_SSE(n, at) "movups " at "(%0), %%xmm" n "\n"
#define STORE_SSE(n, at) "movups %%xmm" n ", " at "(%1)\n"
#define CLOBBERS                                                                                   \
    "rax", "rcx", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",   \
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st",        \
        "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"

static void hold(const struct regs *in, struct regs *out, unsigned long spins)
{
    static const uint32_t usual = 0x1f80;

    if (has_avx)
        __asm__ volatile(LOAD_X87 ALL(LOAD_AVX) WAIT ALL(STORE_AVX) "vzeroupper\n" STORE_X87
                         : "+&r"(in), "+&r"(out), "+&r"(spins)
                         : "m"(usual)
                         : CLOBBERS);
    else
        __asm__ volatile(LOAD_X87 ALL(LOAD_SSE) WAIT ALL(STORE_SSE) STORE_X87
                         : "+&r"(in), "+&r"(out), "+&r"(spins)
                         : "m"(usual)
                         : CLOBBERS);
}

static void fill(struct regs *r, unsigned long thread, unsigned long round)
{
    uint64_t seed = (thread << 40 ^ round) * 0x9e3779b97f4a7c15u | 1;
    uint8_t *bytes = (uint8_t *)r;

    memset(r, 0, sizeof(*r));
    for (unsigned i = 0; i < sizeof(r->vector); i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (has_avx || i % 32 < 16)
            bytes[i] = (uint8_t)(seed >> 56);
    }
    for (unsigned i = 0; i < 8; i++) {
        long double value = (long double)(seed ^ i) / 3;

        memcpy(r->x87[i], &value, 10);
    }
    r->mxcsr = 0x1f80 | (uint32_t)(seed >> 60 & 3) << 13; /* rounding */
    r->control = (uint16_t)(0x37f | (seed >> 58 & 3) << 10);
}

static void *thread(void *argument)
{
    unsigned long number = (unsigned long)argument;
    struct regs in, out;

    for (unsigned long round = 0; time(NULL) < end; round++) {
        fill(&in, number, round);
        memset(&out, 0, sizeof(out));
        hold(&in, &out, round % 4 ? round % 997 * 1000 : 0);
        if (memcmp(&in, &out, sizeof(in))) {
            const uint8_t *a = (uint8_t *)&in, *b = (uint8_t *)&out;
            unsigned at = 0;

            while (a[at] == b[at])
                at++;
            printf("fpu: thread %lu round %lu: byte %u is %02x, was %02x\n", number, round, at,
                   b[at], a[at]);
            exit(1);
        }
        rounds++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    long threads = argc > 2 ? atol(argv[2]) : 4;
    pthread_t ids[64];

    has_avx = __builtin_cpu_supports("avx");
    end = time(NULL) + (argc > 1 ? atol(argv[1]) : 5);
    if (threads < 1 || threads > 64)
        return 2;
    for (long i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, thread, (void *)(i + 1)))
            return 2;
    for (long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    printf("fpu: %lu rounds with %s, all as they were\n", rounds, has_avx ? "AVX" : "SSE");
    return rounds < (unsigned long)threads;
}
