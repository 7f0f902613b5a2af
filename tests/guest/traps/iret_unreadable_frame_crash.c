/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* iret whose frame ends in a hole: nothing to return to. [TRAP-4] */
#include "harness.h"

TEST("iret_unreadable_frame_crashes", "iret with a frame that cannot be read kills the domain")
{
    char *pages = pages_alloc(2);

    MUST(hypercall_update_va_mapping((unsigned long)pages + PAGE_SIZE, 0, UVMF_INVLPG));
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                 :
                 : "r"(pages + PAGE_SIZE - 64), "i"(HYPERCALL_NR_iret)
                 : "memory");
}
