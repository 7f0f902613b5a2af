/* SPDX-License-Identifier: MIT */
/*
 * With vm_assist architectural_iopl the kernel counts as ring 0 and may do port I/O at any IOPL;
 * the user may when the rflags that it was entered with say IOPL 3.
 */
#include "../traps/usercode.h"

#define IOPL(n) ((unsigned long)(n) << 12)

USER_CODE(io, "in $0x71, %al\n\tud2\n");

static struct user u;

static void run(unsigned long iopl)
{
    u.regs.rip = USER_BASE;
    u.regs.rflags = RFLAGS_IF | iopl;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.rflags & RFLAGS_IOPL, iopl);
}

TEST("io_with_architectural_iopl", "with the assist the kernel does I/O, and the user at IOPL 3")
{
    uint8_t value = 0;

    u = user_make(io_begin, io_end);
    CHECK_FAULT(TRY_ASM("in $0x71, %%al", : "=a"(value)), TRAP_GP);
    if (hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl))
        SKIP("no architectural_iopl");
    CHECK_NO_FAULT(TRY_ASM("out %%al, $0x70", : : "a"(0x0d)));
    CHECK_NO_FAULT(TRY_ASM("in $0x71, %%al", : "=a"(value)));
    CHECK_EQ(value, 0x80);

    for (unsigned int n = 0; n < 3; n++) {
        run(IOPL(n));
        CHECK_EQ(u.regs.vector, TRAP_GP);
        CHECK_EQ(u.regs.rip, USER_BASE);
    }
    run(IOPL(3));
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rax & 0xff, 0x80);
    CHECK_NO_FAULT(TRY_ASM("in $0x71, %%al", : "=a"(value)));

    CHECK_RC(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0);
}
