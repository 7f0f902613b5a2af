/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* The iret hypercall reads its frame from the stack: with no stack there is no way on. */
#include "pointers.h"

TEST("iret_bad_stack", "the iret hypercall with an unmapped stack kills the domain")
{
    void *hole = bad_pointers()[0].p;

    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                 :
                 : "r"((char *)hole + 1024), "i"(HYPERCALL_NR_iret)
                 : "memory");
}
