/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* A trap for which the guest kernel's stack has no room cannot be delivered: the domain dies. */
#include "pointers.h"

TEST("fault_on_bad_stack", "an exception on an unmapped kernel stack kills the domain")
{
    void *hole = bad_pointers()[0].p;

    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tud2" : : "r"((char *)hole + 1024) : "memory");
}
