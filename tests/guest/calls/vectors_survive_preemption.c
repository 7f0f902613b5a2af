/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * Two vCPUs take turns on one processor, each with its own SSE registers, x87 registers, and
 * control words. Each must find its own again; no bit of the other one's. [VCPU-5]
 */
#include "twovcpus.h"

struct vectors {
    uint8_t xmm[16][16];
    uint64_t x87[2];
    uint32_t mxcsr;
    uint16_t control;
};

static struct vectors sets[2], seen;

static void load(const struct vectors *v)
{
    asm volatile("fninit\n\t"
                 "fldcw %1\n\t"
                 "fildq %2\n\t"
                 "fildq %3\n\t"
                 "ldmxcsr %0"
                 :
                 : "m"(v->mxcsr), "m"(v->control), "m"(v->x87[0]), "m"(v->x87[1]));
    asm volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
                 "movdqu \\i * 16(%0), %%xmm\\i\n\t"
                 ".endr"
                 :
                 : "r"(v->xmm)
                 : "memory");
}

/* Leaves the x87 stack as it found it, but for the rounding of its values to integers. */
static void store(struct vectors *v)
{
    asm volatile("fistpq %3\n\t"
                 "fistpq %2\n\t"
                 "fildq %2\n\t"
                 "fildq %3\n\t"
                 "fnstcw %1\n\t"
                 "stmxcsr %0"
                 : "=m"(v->mxcsr), "=m"(v->control), "=m"(v->x87[0]), "=m"(v->x87[1]));
    asm volatile(".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
                 "movdqu %%xmm\\i, \\i * 16(%0)\n\t"
                 ".endr"
                 :
                 : "r"(v->xmm)
                 : "memory");
}

static void load_other(void)
{
    load(&sets[1]);
}

TEST("vectors_survive_preemption", "SSE and x87 registers are those of each vCPU")
{
    memset(sets[0].xmm, 0xaa, sizeof(sets[0].xmm));
    memset(sets[1].xmm, 0x55, sizeof(sets[1].xmm));
    for (unsigned int i = 0; i < 16; i++)
        sets[0].xmm[i][0] = (uint8_t)i;
    sets[0].mxcsr = 0x1f80 | 0x6000;
    sets[1].mxcsr = 0x1f80;
    sets[0].control = 0x37f | 0xc00;
    sets[1].control = 0x37f;
    sets[0].x87[0] = 0x1234;
    sets[0].x87[1] = 0x5678;

    load(&sets[0]);
    turns_start(load_other);
    for (int i = 0; i < 10; i++) {
        turns_wait();
        store(&seen);
        CHECK_EQ(seen.mxcsr, sets[0].mxcsr);
        CHECK_EQ(seen.control, sets[0].control);
        CHECK_EQ(seen.x87[0], sets[0].x87[0]);
        CHECK_EQ(seen.x87[1], sets[0].x87[1]);
        for (unsigned int n = 0; n < 16; n++)
            CHECK(memcmp(seen.xmm[n], sets[0].xmm[n], 16) == 0, "xmm%u was changed", n);
    }
    turns_stop();
}
