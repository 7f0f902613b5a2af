/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* User mode needs tables of its own: iret there before NEW_USER_BASEPTR is the end. */
#include "harness.h"

TEST("iret_to_user_without_tables_crashes",
     "iret to user mode without user tables kills the domain")
{
    unsigned long frame[9] = {
        0, 0, 0, 0, 0x400000, FLAT_USER_CS64, RFLAGS_IF, 0x401000, FLAT_USER_SS64,
    };

    CHECK_RC(mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                 :
                 : "r"(frame), "i"(HYPERCALL_NR_iret)
                 : "memory");
}
