/* SPDX-License-Identifier: MIT */
/*
 * With vm_assist architectural_iopl the frames show the IOPL that iret was given, kept by the
 * hypervisor; the real one stays 0. Without it frames show 0. [TRAP-2]
 */
#include "iretframe.h"

#define IOPL(n) ((unsigned long)(n) << 12)

static unsigned long shown(void)
{
    struct fault f = TRY_ASM("ud2", :);

    CHECK_FAULT(f, TRAP_UD);
    return f.regs.rflags & RFLAGS_IOPL;
}

/* iret comes back with interrupts of the landing's popf: IOPL stays as iret set it. */
static void land(unsigned long rflags)
{
    struct iret_frame f = iret_good();
    struct fault r;

    f.rflags = rflags;
    r = iret_run(&f);
    CHECK_NO_FAULT(r);
    CHECK_EQ(iret_landed.rflags & RFLAGS_IOPL, 0);
}

TEST("architectural_iopl_shows_iopl", "with the assist IOPL goes from iret to the next frame")
{
    land(RFLAGS_IF | IOPL(3));
    CHECK_EQ(shown(), 0);
    if (hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl))
        SKIP("no architectural_iopl");
    for (unsigned int n = 0; n < 4; n++) {
        land(RFLAGS_IF | IOPL(n));
        CHECK_EQ(shown(), IOPL(n));
        CHECK_EQ(shown(), IOPL(n));
    }
    CHECK_RC(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl), 0);
    CHECK_EQ(shown(), 0);
}
