/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: expect=CRASH */
/* The same for kernel_sp, which stack_switch takes unseen, at the first trap of user mode. */
#include "usercode.h"

USER_CODE(trap, "ud2\n");

TEST("unmapped_kernel_sp_crashes",
     "a user trap onto a kernel_sp that is not mapped kills the domain")
{
    struct user u = user_make(trap_begin, trap_end);
    unsigned long frame[9] = {
        0, 0, 0, 0, USER_BASE, FLAT_USER_CS64, RFLAGS_IF, USER_STACK, FLAT_USER_SS64,
    };

    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_RC(hypercall_stack_switch(FLAT_KERNEL_SS, (unsigned long)va_alloc(1) + 2048), 0);
    test_expect_crash();
    asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                 :
                 : "r"(frame), "i"(HYPERCALL_NR_iret)
                 : "memory");
}
