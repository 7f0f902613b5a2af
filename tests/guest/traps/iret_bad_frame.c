/* SPDX-License-Identifier: MIT */
/*
 * A frame for iret within the kernel that the machine refuses: the guest gets the fault that the
 * final iretq had, as if the instruction at the frame's rip had raised it. [TRAP-11]
 */
#include "iretframe.h"

static struct fault run(struct iret_frame f)
{
    return iret_run(&f);
}

TEST("iret_bad_frame_faults_in_guest", "iret to a bad rip, cs or ss is the guest's fault")
{
    struct iret_frame f = iret_good();
    struct fault r = run(f);

    CHECK_NO_FAULT(r);
    CHECK_EQ(iret_landed.rcx, 0x2222);

    f.rip = 0x8000000000000000;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0);
    CHECK_EQ(r.regs.rip, f.rip);
    CHECK_EQ(r.regs.rcx, 0x2222);
    CHECK_EQ(r.regs.rax, 0x3333);
    CHECK_EQ(r.regs.rsp, f.rsp);

    f.rip = HYPERVISOR_VIRT_START;
    r = run(f);
    CHECK_FAULT(r, TRAP_PF);
    CHECK_EQ(r.error_code, PF_PRESENT | PF_FETCH);

    f = iret_good();
    f.cs = 0x58;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0x58);
    CHECK_EQ(r.regs.cs, 0x58);
    CHECK_EQ(r.regs.rip, f.rip);

    f.cs = 0;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0);

    /* A data segment, and the hypervisor's own code. */
    f.cs = FLAT_KERNEL_SS & ~3;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, f.cs);
    f.cs = 0xe008;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0xe008);

    f = iret_good();
    f.ss = 0x58;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0x58);
    CHECK_EQ(r.regs.ss, 0x5b);
    f.ss = 0;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0);
    f.ss = 0xe010;
    r = run(f);
    CHECK_FAULT(r, TRAP_GP);
    CHECK_EQ(r.error_code, 0xe010);
}
