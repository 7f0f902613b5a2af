/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* A trap in kernel mode whose stack is read-only cannot be told to the guest: its end. [TRAP-4] */
#include "harness.h"

TEST("unwritable_stack_crashes", "a trap on a read-only kernel stack kills the domain")
{
    char *page = page_alloc();

    CHECK_RC(page_set_ro(page), 0);
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tud2" : : "r"(page + 2048) : "memory");
}
