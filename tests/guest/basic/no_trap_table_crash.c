/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* A trap without an entry in the guest's table is the end of the domain, and only of the domain. */
#include "harness.h"

TEST("trap_without_entry_crashes", "an exception with an empty trap table kills the domain")
{
    CHECK_RC(hypercall_set_trap_table(NULL), 0);
    test_expect_crash();
    asm volatile("ud2");
}
