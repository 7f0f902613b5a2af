/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/*
 * A stack pointer into the hypervisor must not make it write its own memory on the guest's behalf.
 */
#include "harness.h"

TEST("stack_in_hypervisor_crashes", "a trap with rsp in the hypervisor's range kills the domain")
{
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tud2" : : "r"(0xffff82d040400000ul) : "memory");
}
