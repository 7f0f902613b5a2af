/* SPDX-License-Identifier: MIT */
/* Model-specific registers that may fault. */
#ifndef EMUL_MSR_H
#define EMUL_MSR_H

#include "harness.h"

static inline struct fault msr_read(uint32_t msr, uint64_t *value)
{
    uint32_t lo = 0, hi = 0;
    struct fault f = TRY_ASM("rdmsr",
                             : "=a"(lo), "=d"(hi)
                             : "c"(msr), "0"(0x55555555), "1"(0x66666666)
                             : "memory");

    *value = (uint64_t)hi << 32 | lo;
    return f;
}

static inline struct fault msr_write(uint32_t msr, uint64_t value)
{
    return TRY_ASM("wrmsr",
                   :
                   : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                   : "memory");
}

#endif
