/* SPDX-License-Identifier: MIT */
/*
 * Faults show rip at their instruction, traps behind it: #DE and #UD against int $4, whose entry
 * has DPL 3. None has an error code.
 */
#include "catch.h"

static bool done;
static struct regs seen;

static bool on_trap(struct regs *regs)
{
    seen = *regs;
    done = true;
    return true;
}

TEST("fault_and_trap_rip", "#DE and #UD leave rip at the instruction, int $4 behind it")
{
    unsigned long a = 1, d = 0, rip;
    struct fault f;

    f = TRY_ASM("1: div %2", : "+a"(a), "+d"(d) : "r"(0ul) : "cc");
    CHECK_FAULT(f, TRAP_DE);
    CHECK_EQ(*(const uint8_t *)(f.regs.rip + 1), 0xf7);
    CHECK_EQ(f.error_code, 0);

    f = TRY_ASM("ud2", :);
    CHECK_FAULT(f, TRAP_UD);
    CHECK_EQ(*(const uint16_t *)f.regs.rip, 0x0b0f);
    CHECK_EQ(f.error_code, 0);

    trap_set_handler(TRAP_OF, on_trap);
    asm volatile("lea 1f(%%rip), %0\n\tint $4\n1:" : "=r"(rip)::"memory");
    CHECK(done, "int $4 does nothing");
    CHECK_EQ(seen.rip, rip);
    CHECK_EQ(seen.error_code, 0);
}
