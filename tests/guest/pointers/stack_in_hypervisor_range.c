/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* The hypervisor stores the trap frame: a stack pointer into its own memory must not be used. */
#include "pointers.h"

TEST("stack_in_hypervisor_range",
     "an exception on a stack in the hypervisor's range kills the domain")
{
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tud2" : : "r"(0xffff830000002000ul) : "memory");
}
