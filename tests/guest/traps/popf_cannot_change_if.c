/* SPDX-License-Identifier: MIT */
/* popf runs natively: IOPL and IF in it are ignored, and the upcall mask does not move. */
#include "harness.h"

static unsigned long popf(unsigned long flags)
{
    unsigned long out;

    asm volatile("push %1\n\tpopf\n\tpushf\n\tpop %0\n\tpushq $0x202\n\tpopf"
                 : "=r"(out)
                 : "r"(flags)
                 : "cc", "memory");
    return out;
}

TEST("popf_cannot_change_if", "popf of the guest kernel changes neither IF nor IOPL nor the mask")
{
    CHECK_EQ(popf(0), RFLAGS_IF | 2);
    CHECK(events_enabled(), "popf masked events");
    CHECK_EQ(popf(RFLAGS_IOPL | RFLAGS_IF), RFLAGS_IF | 2);
    events_disable();
    CHECK_EQ(popf(RFLAGS_IF), RFLAGS_IF | 2);
    CHECK(!events_enabled(), "popf unmasked events");
}
