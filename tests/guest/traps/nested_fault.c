/* SPDX-License-Identifier: MIT */
/* A fault in a fault's handler is a fault like another; nothing counts them as a double fault. */
#include "harness.h"

static int depth;
static struct fault inner;

static bool on_pf(struct regs *regs)
{
    uint64_t value;
    unsigned long cr2 = this_cpu()->info->arch.cr2;

    (void)regs;
    if (++depth < 16)
        inner = try_read((void *)(cr2 + 8), &value);
    return false;
}

TEST("nested_faults", "a page fault within the handler of a page fault works, 16 deep")
{
    struct fault f;
    uint64_t value;

    trap_set_handler(TRAP_PF, on_pf);
    f = try_read((void *)8, &value);
    CHECK_EQ(depth, 16);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_FAULT(inner, TRAP_PF);
    CHECK(inner.cr2 > 8, "cr2 %lx", inner.cr2);
}
