/* SPDX-License-Identifier: MIT */
/* The user's syscall is a #UD at the instruction when the kernel registered no callback for it. */
#include "usercode.h"

USER_CODE(call, "mov $1, %eax\n\tsyscall\n\tud2\n");

TEST("syscall_without_callback_is_ud", "syscall in user mode without a callback is a #UD there")
{
    struct user u = user_make(call_begin, call_end);
    struct callback_unregister cb = {.type = CALLBACKTYPE_syscall};
    struct callback_register zero = {.type = CALLBACKTYPE_syscall};
    long rc = hypercall_callback_op(CALLBACKOP_unregister, &cb);

    printf("unregister %ld\n", rc);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &zero), 0);
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rip, USER_BASE + 5);
    CHECK_EQ(u.regs.cs, FLAT_USER_CS64);
    CHECK_EQ(u.regs.error_code, 0);
}
